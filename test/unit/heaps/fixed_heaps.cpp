// SPDX-License-Identifier: BSL-1.0
// The adapters of heaps that are given one memory.
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/memkind.hpp>
#include <quire/heap/mimalloc.hpp>
#include <quire/memory_partition.hpp>
#include <quire/platform/posix.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/heaps/fake_heaps.hpp"

namespace quire::test {
namespace {

constexpr std::size_t segment = std::size_t{32} << 20;
using aligned_memory = linux_allocator::with_protection<all_of<protection::aligned<segment>, protection::guarded<>>>;
using failing_memory = linux_allocator::with_backing<failing_store>;
using injector = failing_store::calls::watcher;

TEMPLATE_TEST_CASE("mimalloc is given aligned memory that is committed, zero and its own", "[mimalloc]",
                   linux_allocator, aligned_memory, huge_linux_allocator, posix_allocator,
                   linux_allocator::with_protection<protection::unguarded>) {
  for (const std::size_t bytes : {std::size_t{1}, segment, segment + 1}) {
    REQUIRE(heap::mimalloc_arena<TestType>(bytes));
    const auto& told = fake_mimalloc::last;
    auto* const p = static_cast<std::byte*>(told.start);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % segment == 0);
    CHECK(told.bytes == (bytes > segment ? 2 * segment : segment));
    CHECK((told.is_committed && told.is_zero && told.is_exclusive && told.node == -1));
    CHECK(all_zero({p + told.bytes - 4096, 4096}));
    fill({p, 4096}, 1);
    fill({p + told.bytes - 4096, 4096}, 1);
  }
}

TEST_CASE("each version of mimalloc is told in its way that it can take no pages away", "[mimalloc]") {
  const struct {
    int version;
    bool is_pinned;
  } all[]{{209, false}, {217, true}, {227, true}, {20302, true}, {301, true}, {30302, true}};
  for (const auto& each : all) {
    fake_mimalloc::version = each.version;
    REQUIRE(heap::mimalloc_arena<linux_allocator>(1));
    CHECK(fake_mimalloc::last.is_pinned == each.is_pinned);
  }
  fake_mimalloc::version = MI_MALLOC_VERSION;
}

TEST_CASE("a memory that mimalloc does not take is released", "[mimalloc]") {
  injector::forget();
  const auto made = [] { return heap::mimalloc_arena<failing_memory>(1); };
  fake_mimalloc::refuses_arena = true;
  CHECK(made().error() == error{errc::out_of_memory, step::configure, 0});
  fake_mimalloc::refuses_arena = false;
  injector::arm({0, {ENOMEM, false}});
  CHECK(made().error().native == ENOMEM);
  injector::disarm();
  CHECK(injector::mapped.all().empty());
  CHECK(heap::mimalloc_arena<linux_allocator>(0).error().code == errc::invalid_argument);
  CHECK(heap::mimalloc_arena<linux_allocator>(SIZE_MAX).error().code == errc::limit_exceeded);
  CHECK(heap::mimalloc_arena<linux_allocator>(1, limits{pages{100}}).error().code == errc::limit_exceeded);
}

TEST_CASE("memkind is given a memory, which is released with the kind", "[memkind]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 1 << 20}));
  heap::memkind_heap<with_partition<linux_allocator>> heap(backing::partitioned{partition});
  CHECK(heap.kind() == nullptr);
  CHECK(heap.open(0).error().code == errc::invalid_argument);
  CHECK(heap.open(2 << 20).error().code == errc::out_of_memory);
  fake_memkind::refuses = true;
  CHECK(heap.open(1 << 20).error() == error{errc::out_of_memory, step::configure, MEMKIND_ERROR_MALLOC});
  fake_memkind::refuses = false;
  CHECK(partition.charged() == 0);
  REQUIRE(heap.open(100000));
  CHECK(heap.open(1).error().code == errc::already_allocated);
  CHECK(fake_memkind::start == heap.memory().data());
  CHECK(fake_memkind::bytes == 2 * 65536);
  fill(heap.memory().bytes(), 1);
  heap.close();
  heap.close();
  CHECK((heap.kind() == nullptr && fake_memkind::start == nullptr && partition.charged() == 0));
  REQUIRE(heap.open(1));
  CHECK(all_zero(heap.memory().bytes()));
}

}  // namespace
}  // namespace quire::test
