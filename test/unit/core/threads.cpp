// SPDX-License-Identifier: BSL-1.0
// Distinct objects are independent; const members of one object may run concurrently; an object may change threads.
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

constexpr int many = 4;
const std::size_t page = calls::linux_kernel::page_bytes();

/// Runs f(i) in `many` threads at once. Catch2's assertions are not thread-safe, so f returns whether all checks held.
template <class F>
bool in_threads(F f) {
  std::atomic<int> waiting{many};
  std::atomic<bool> well{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < many; ++i)
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting != 0) std::this_thread::yield();
      if (!f(i)) well = false;
    });
  for (auto& t : threads) t.join();
  return well;
}

template <class A>
bool lives_alone(int i) {
  const auto mine = static_cast<unsigned char>(i + 1);
  for (int round = 0; round < 50; ++round) {
    A a;
    if (!a.allocate(pages{1}, pages{8})) return false;
    for (int turn = 0; turn < 5; ++turn) {
      if (!all_zero(a.bytes().subspan(a.size() - 65536))) return false;
      fill(a.bytes(), mine);
      if (!a.grow(pages{1}) || !holds(a.bytes().first(a.size() - 65536), mine)) return false;
    }
    if (!a.protect(0, 65536, access::read) || !a.shrink(pages{2}) || !a.reset(pages{3}) || !all_zero(a.bytes()))
      return false;
    if (round % 2 == 0 && !a.deallocate(a.data(), a.size())) return false;
  }
  return true;
}

TEST_CASE("distinct objects can be used by different threads at the same time", "[threads]") {
  CHECK(in_threads(lives_alone<linux_allocator>));
  CHECK(in_threads(lives_alone<posix_allocator>));
  CHECK(in_threads(lives_alone<linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>>>));
}

TEST_CASE("const members of one object can be called by several threads at the same time", "[threads]") {
  linux_allocator made;
  REQUIRE(made.allocate(pages{2}, pages{8}).has_value());
  const linux_allocator& a = made;
  std::byte* const base = a.data();
  CHECK(in_threads([&](int) {
    bool well = true;
    for (int round = 0; round < 1000; ++round)
      well = well && a.data() == base && a.size() == 2 * 65536 && a.capacity() == 8 * 65536 && a.contains(base) &&
             a.zone_of(base - 1) == zone::guard_before && a.zone_of(base) == zone::accessible &&
             a.zone_of(base + a.size()) == zone::reserved && a.size_pages() == pages{2} && a.granularity() == page &&
             a.reserved() >= a.capacity() && a.bytes().size() == a.size() &&
             a.requested().huge == huge_request::as_system;
    return well;
  }));
}

TEST_CASE("a memory that moves to another thread keeps its contents and can grow", "[threads]") {
  linux_allocator a;
  REQUIRE(a.allocate(pages{1}, pages{8}).has_value());
  fill(a.bytes(), 0x42);
  bool well = false;
  std::thread([&well, here = std::move(a)]() mutable {
    well = holds(here.bytes(), 0x42) && here.grow(pages{1}).has_value();
  }).join();
  CHECK(well);
  CHECK(a.data() == nullptr);
}

}  // namespace
}  // namespace quire::test
