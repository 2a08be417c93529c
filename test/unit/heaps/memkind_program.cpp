// SPDX-License-Identifier: BSL-1.0
// memkind itself in memories of Quire's.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/memkind.hpp>
#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/heaps/stress.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

constexpr std::size_t heap_bytes = std::size_t{256} << 20;

struct kind_for_threads {
  memkind_t kind;

  struct of_thread {
    kind_for_threads& from;
    [[nodiscard]] void* allocate(std::size_t bytes) const { return memkind_malloc(from.kind, bytes); }
    void release(void* p) const { memkind_free(from.kind, p); }
  };
};

template <class A>
void work(heap::memkind_heap<A>& heap) {
  CHECK(heap.kind() == nullptr);
  REQUIRE(heap.open(heap_bytes));
  CHECK(heap.open(heap_bytes).error().code == errc::already_allocated);
  kind_for_threads shared{heap.kind()};
  const stress_outcome got = heap_stress(shared).run();
  CHECK(got.refused == 0);
  CHECK(got.damaged == 0);
  CHECK(got.blocks > 100000);
  void* const p = memkind_malloc(heap.kind(), 100);
  CHECK(heap.memory().zone_of(static_cast<std::byte*>(p)) == zone::accessible);
  CHECK(mappings_in(heap.memory().data(), heap_bytes).size() == 1);
  heap.close();
  CHECK(heap.kind() == nullptr);
  CHECK(heap.memory().data() == nullptr);
}

TEMPLATE_TEST_CASE("threads exchange blocks of memkind in Quire's memory", "[memkind]", linux_allocator,
                   huge_linux_allocator) {
  heap::memkind_heap<TestType> heap;
  work(heap);
  work(heap);  // once more
}

TEST_CASE("a kind in a partition is charged as a whole, and for nothing when it is gone", "[memkind]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = heap_bytes}));
  heap::memkind_heap<with_partition<linux_allocator>> heap(backing::partitioned{partition});
  CHECK(heap.open(heap_bytes + 1).error().code == errc::out_of_memory);
  CHECK(partition.charged() == 0);
  work(heap);
  CHECK(partition.charged() == 0);
}

TEST_CASE("a kind that is full returns null, and what is freed can be used again", "[memkind]") {
  heap::memkind_heap<linux_allocator> heap;
  REQUIRE(heap.open(32 << 20));
  for (int i = 0; i < 2; ++i) {
    std::vector<void*> all;
    while (void* const p = memkind_malloc(heap.kind(), 100000)) all.push_back(p);
    CHECK(all.size() > 150);
    for (void* const each : all) memkind_free(heap.kind(), each);
  }
}

TEST_CASE("kinds of no bytes, and of more than there are addresses, are refused", "[memkind]") {
  heap::memkind_heap<linux_allocator> heap;
  CHECK(heap.open(0).error().code == errc::invalid_argument);
  CHECK(heap.open(SIZE_MAX).error().code == errc::limit_exceeded);
  heap.close();
}

TEST_CASE("whichever call fails while a kind is made nothing stays mapped", "[memkind][fault]") {
  using injector = failing_store::calls::watcher;
  for (std::size_t at = 0;; ++at) {
    injector::forget();
    heap::memkind_heap<linux_allocator::with_backing<failing_store>> heap;
    injector::arm({at, {12, false}});
    const auto got = heap.open(32 << 20);
    const bool has_failed = !injector::failed.empty();
    injector::disarm();
    CHECK(got.has_value() != has_failed);
    heap.close();
    CHECK(injector::mapped.all().empty());
    if (!has_failed) break;
  }
}

}  // namespace
}  // namespace quire::test
