// SPDX-License-Identifier: BSL-1.0
// Memories near an address: on fake lists of mappings, and in this process, with and without /proc.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <quire/explain.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

using near_allocator = linux_allocator::with_placement<placement::near_to>::with_protection<protection::unguarded>;
using k = fake_kernel;
constexpr std::uint64_t mib = 1 << 20, gib = std::uint64_t{1} << 30, tib = std::uint64_t{1} << 40;
constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };

const void* at(std::uint64_t address) { return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(address)); }

std::optional<detail::address_gap> found(std::uint64_t bytes, std::uint64_t alignment, std::uint64_t target,
                                         std::uint64_t reach = 2 * gib) {
  bool was_read = false;
  return detail::find_gap<k>(bytes, alignment, {at(target), reach, true}, was_read);
}

/// A program at 1 TiB with a heap, a library at 2 TiB, and a stack at 4 TiB.
void lay_out() {
  pretence::file("/proc/self/maps") =
      "10000000000-10000100000 r-xp 00000000 08:01 1    /bin/program\n"
      "10000100000-10000300000 rw-p 00000000 00:00 0    [heap]\n"
      "20000000000-20000100000 r-xp 00000000 08:01 2    /lib/library.so\n"
      "40000000000-40000100000 rw-p 00000000 00:00 0    [stack]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]\n";
}

TEST_CASE("the gap nearest to an address is found", "[near]") {
  const pretence p;
  lay_out();
  CHECK(found(mib, 4096, tib)->base == tib - mib);                           // just below
  CHECK(found(4096, 4096, 2 * tib + 0x100000)->base == 2 * tib + 0x100000);  // just behind
  CHECK(found(2 * mib, 2 * mib, tib)->base == tib - 2 * mib);
  CHECK(found(mib, 4096, 2 * tib + 10 * mib)->base == 2 * tib + 10 * mib - mib / 2);  // around it
  CHECK(found(mib, 4096, 2 * tib)->distance == mib);
  CHECK(found(4 * gib, 4096, tib)->distance == 4 * gib);  // farther than the reach: it is told how far
  CHECK(found(4 * tib, 4096, tib) == std::nullopt);
}

TEST_CASE("the heap and the stack keep room to grow", "[near]") {
  const pretence p;
  lay_out();
  const std::uint64_t end_of_heap = tib + 0x300000;
  CHECK(found(4096, 4096, end_of_heap + 900 * mib)->base == end_of_heap + gib);
  const auto crowding = found(16 * mib, 4096, end_of_heap + 500 * mib, 120 * mib);  // nothing else is in reach
  CHECK((crowding && crowding->is_crowding && crowding->base >= end_of_heap && crowding->distance <= 120 * mib));
  CHECK(found(mib, 4096, 4 * tib)->base == 4 * tib - 16 * gib - mib);  // no limit: as much as the kernel may keep
  pretence::kernel().limits[k::limit_stack] = 8 * mib;
  CHECK(found(mib, 4096, 4 * tib)->base == 4 * tib - 129 * mib);
}

TEST_CASE("the lowest addresses stay free", "[near]") {
  const pretence p;
  lay_out();
  CHECK(found(4096, 4096, 0, 4 * gib)->base == 65536);
  pretence::file("/proc/sys/vm/mmap_min_addr") = "1048576\n";
  CHECK(found(4096, 4096, 0, 4 * gib)->base == mib);
  CHECK(found(2 * mib, 2 * mib, 0, 4 * gib)->base == 2 * mib);
}

TEST_CASE("an incomplete list of mappings is none", "[near]") {
  const pretence p;
  bool was_read = true;
  CHECK(!detail::find_gap<k>(4096, 4096, {at(tib), gib, true}, was_read));
  CHECK(!was_read);
  lay_out();
  pretence::kernel().readable = 100;
  was_read = true;
  CHECK(!detail::find_gap<k>(4096, 4096, {at(tib), gib, true}, was_read));
  CHECK(!was_read);
}

int here() { return 1; }
const void* address_of_here() { return reinterpret_cast<const void*>(&here); }

bool is_within(const std::byte* base, std::size_t bytes, const void* target, std::uint64_t reach) {
  const std::uint64_t begin = reinterpret_cast<std::uintptr_t>(base), to = reinterpret_cast<std::uintptr_t>(target);
  return begin + reach >= to && begin + bytes <= to + reach;
}

TEST_CASE("memories lie near a function, and grow there", "[near]") {
  const placement::near_to near_here{address_of_here()};
  std::vector<near_allocator> all;
  for (int i = 0; i < 50; ++i) {
    near_allocator& memory = all.emplace_back(near_here);
    REQUIRE(memory.allocate(pages{1}, pages{256}));
    REQUIRE(memory.grow(pages{100}));
    fill(memory.bytes(), 1);
    CHECK(is_within(memory.data(), memory.capacity(), address_of_here(), near_here.reach));
  }
}

TEST_CASE("guards are within reach, too", "[near]") {
  linux_allocator::with_placement<placement::near_to> memory{placement::near_to{address_of_here(), gib}};
  REQUIRE(memory.allocate(pages{1}, pages{16}));
  CHECK(is_within(memory.data() - 65536, 18 * 65536, address_of_here(), gib));
}

TEST_CASE("regions and huge alignments near an address", "[near]") {
  region_allocator<near_allocator> regions{placement::near_to{address_of_here(), gib}};
  const auto got = regions.reserve(3 << 20, {.alignment = 2 << 20, .initial = access::read_write});
  REQUIRE(got);
  CHECK(is_within(got->data(), got->size(), address_of_here(), gib));
  CHECK(is_aligned(reinterpret_cast<std::uintptr_t>(got->data()), 2 << 20));
  const auto second = regions.reserve(4096, {.hint = got->data() + (16 << 20)});  // the target decides, not the hint
  REQUIRE(second);
  CHECK(is_within(second->data(), second->size(), address_of_here(), gib));
}

TEST_CASE("memories below 4 GiB", "[near]") {
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer has mapped the low addresses");
  near_allocator memory{placement::below_4_gib};
  REQUIRE(memory.allocate(pages{1}, pages{16}));
  CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) + memory.capacity() <= 4 * gib);
  CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) >= 65536);
}

TEST_CASE("where no gap is near enough the nearest one is told", "[near]") {
  near_allocator memory{placement::near_to{address_of_here(), 4096}};  // the function itself lies there
  const auto refused = memory.allocate(pages{1}, pages{1});
  REQUIRE(!refused);
  CHECK(refused.error() == error{errc::out_of_address_space, step::reserve, ENOMEM});
  const explanation why = explain(refused.error(), memory);
  CHECK(why.kind == limit_kind::reach);
  CHECK(why.limit == 4096);
  REQUIRE(why.used);
  CHECK(*why.used > 4096);
  CHECK(memory.data() == nullptr);
  near_allocator nearer{placement::near_to{address_of_here(), *why.used}};  // and it is there
  CHECK(nearer.allocate(pages{1}, pages{1}));
}

/// Where /proc is hidden, but the calls are those of this kernel.
struct hidden : calls::linux_kernel {
  static int open_to_read(const char*) noexcept { return -EACCES; }
};
/// Before 4.17: the address is a hint, whatever is mapped there.
struct ignoring : calls::linux_kernel {
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    return linux_kernel::mmap(where, bytes, protection, flags & ~map_where_free);
  }
};
struct ignoring_and_hidden : ignoring {
  static int open_to_read(const char*) noexcept { return -EACCES; }
};
/// Another thread is faster: each gap is taken before the call, so many times.
struct raced : calls::linux_kernel {
  static inline int times = 0, calls_made = 0;
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    if ((flags & map_where_free) == 0) return linux_kernel::mmap(where, bytes, protection, flags);
    ++calls_made;
    if (times-- > 0 && linux_kernel::mmap(where, 4096, prot_none, flags).error == 0) return {nullptr, exists};
    return linux_kernel::mmap(where, bytes, protection, flags);
  }
};

TEMPLATE_TEST_CASE("memories lie near a function without /proc, and on kernels that take an address as a hint",
                   "[near]", hidden, ignoring, ignoring_and_hidden) {
  using near_on = near_allocator::with_backing<backing::linux_mmap<TestType>>;
  std::vector<near_on> all;
  for (int i = 0; i < 20; ++i) {
    near_on& memory = all.emplace_back(placement::near_to{address_of_here(), gib});
    REQUIRE(memory.allocate(pages{1}, pages{16}));
    fill(memory.bytes(), 1);
    CHECK(is_within(memory.data(), memory.capacity(), address_of_here(), gib));
  }
  near_on far{placement::near_to{address_of_here(), 4096}};
  const auto refused = far.allocate(pages{1}, pages{1});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::out_of_address_space);
}

TEST_CASE("a gap that another thread takes first is no error, unless it takes all", "[near]") {
  test_environment::run_isolated("races", [] {
    using near_raced = near_allocator::with_backing<backing::linux_mmap<raced>>;
    raced::times = 5;
    near_raced memory{placement::near_to{address_of_here(), gib}};
    check(memory.allocate(pages{1}, pages{1}).has_value(), "looked again");
    check(raced::calls_made == 6, "once more than it was taken");
    raced::times = 1000;
    raced::calls_made = 0;
    near_raced second{placement::near_to{address_of_here(), gib}};
    const auto refused = second.allocate(pages{1}, pages{1});
    check(!refused && refused.error().code == errc::out_of_address_space, "not for ever");
    check(raced::calls_made == 16, "16 times");
  });
}

TEST_CASE("threads that reserve near one address at once replace nothing", "[near][threads]") {
  std::vector<std::thread> threads;
  for (unsigned t = 1; t <= 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 30; ++i) {
        near_allocator memory{placement::near_to{address_of_here()}};
        if (!memory.allocate(pages{2}, pages{2})) std::abort();
        if (!all_zero(memory.bytes())) std::abort();
        fill(memory.bytes(), static_cast<unsigned char>(t));
        if (!holds(memory.bytes(), static_cast<unsigned char>(t))) std::abort();
      }
    });
  for (std::thread& each : threads) each.join();
}

}  // namespace
}  // namespace quire::test
