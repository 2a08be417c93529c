// SPDX-License-Identifier: BSL-1.0
// mimalloc 2 itself, of two versions, in arenas of Quire's memory.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/mimalloc.hpp>
#include <quire/memory_partition.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/heaps/mimalloc_heap.hpp"
#include "support/heaps/stress.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

constexpr std::size_t arena_bytes = std::size_t{128} << 20;

using aligned_memory = linux_allocator::with_protection<all_of<protection::aligned<(32 << 20)>, protection::guarded<>>>;

std::span<std::byte> area_of(mi_arena_id_t arena) {
  std::size_t bytes = 0;
  void* const begin = mi_arena_area(arena, &bytes);
  return {static_cast<std::byte*>(begin), bytes};
}

void work(mi_arena_id_t arena) {
  mimalloc_heaps heaps{arena};
  const stress_outcome got = heap_stress(heaps, {.largest = 300000}).run();
  CHECK(got.refused == 0);
  CHECK(got.damaged == 0);
  CHECK(got.blocks > 100000);
}

TEMPLATE_TEST_CASE("threads exchange blocks of mimalloc in Quire's memory", "[mimalloc]", linux_allocator,
                   huge_linux_allocator, aligned_memory) {
  const auto arena = heap::mimalloc_arena<TestType>(arena_bytes - 1);
  REQUIRE(arena);
  const auto area = area_of(*arena);
  CHECK(area.size() == arena_bytes);
  CHECK(reinterpret_cast<std::uintptr_t>(area.data()) % (32 << 20) == 0);
  work(*arena);
  CHECK(mappings_in(area.data(), area.size()).size() == 1);
}

TEST_CASE("mimalloc takes no page away from memory of Quire's", "[mimalloc]") {
  const auto arena = heap::mimalloc_arena<linux_allocator>(arena_bytes);
  REQUIRE(arena);
  const auto area = area_of(*arena);
  work(*arena);
  const std::size_t resident = resident_bytes(area.data(), area.size());
  CHECK(resident > 1 << 20);
  mi_collect(true);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  mi_collect(true);
  CHECK(resident_bytes(area.data(), area.size()) == resident);
}

TEST_CASE("a heap of mimalloc allocates in its arena only, and null is returned when that is full",
          "[mimalloc][threads]") {
  const auto arena = heap::mimalloc_arena<linux_allocator>(1);
  REQUIRE(arena);
  const auto area = area_of(*arena);
  const mimalloc_heaps heaps{*arena};
  std::thread([&] {  // the first segment of a thread is special to version 2
    const mimalloc_heaps::of_thread mine(heaps);
    std::vector<void*> all;
    while (void* const p = mine.allocate(20000)) all.push_back(p);
    CHECK(all.size() > 1000);
    bool inside = true;
    for (void* const each : all) {
      inside = inside && each >= area.data() && each < area.data() + area.size();
      mine.release(each);
    }
    CHECK(inside);
    void* const again = mine.allocate(20000);
    CHECK(again != nullptr);
    mine.release(again);
  })
      .join();
}

TEST_CASE("an arena of a partition is charged as a whole", "[mimalloc]") {
  static memory_partition<backing::linux_mmap<>> partition;  // which the arena never leaves
  REQUIRE(partition.open({.name = "heap", .maximum = 96 << 20}));
  using memory = with_partition<linux_allocator>::with_protection<protection::aligned<(32 << 20)>>;
  const backing::partitioned in{partition};
  const auto refused = heap::mimalloc_arena<memory>(arena_bytes, in);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::out_of_memory);
  CHECK(partition.charged() == 0);
  const auto arena = heap::mimalloc_arena<memory>(64 << 20, in);
  REQUIRE(arena);
  CHECK(partition.charged() == 64 << 20);
}

TEST_CASE("arenas of no bytes, and of more than there are addresses, are refused", "[mimalloc]") {
  CHECK(heap::mimalloc_arena<linux_allocator>(0).error().code == errc::invalid_argument);
  CHECK(heap::mimalloc_arena<linux_allocator>(SIZE_MAX).error().code == errc::limit_exceeded);
  CHECK(heap::mimalloc_arena<linux_allocator>(std::size_t{1} << 60).error().code == errc::limit_exceeded);
}

TEST_CASE("whichever call fails while an arena is made nothing stays mapped", "[mimalloc][fault]") {
  using injector = failing_store::calls::watcher;
  for (std::size_t at = 0;; ++at) {
    injector::forget();
    injector::arm({at, {12, false}});
    const auto got = heap::mimalloc_arena<linux_allocator::with_backing<failing_store>>(1);
    const bool has_failed = !injector::failed.empty();
    injector::disarm();
    CHECK(got.has_value() != has_failed);
    if (!has_failed) break;
    CHECK(injector::mapped.all().empty());
  }
}

// The last, as mimalloc never forgets an arena.
TEST_CASE("mimalloc's number of arenas is limited, and one more is an error that leaves nothing", "[mimalloc]") {
  using injector = failing_store::calls::watcher;
  injector::forget();
  std::size_t mapped = 0;
  for (int i = 0;; ++i) {
    REQUIRE(i < 300);
    mapped = injector::mapped.all().size();
    const auto got = heap::mimalloc_arena<linux_allocator::with_backing<failing_store>>(1);
    if (got) continue;
    CHECK(got.error().code == errc::out_of_memory);
    CHECK(got.error().at == step::configure);
    break;
  }
  CHECK(injector::mapped.all().size() == mapped);
}

}  // namespace
}  // namespace quire::test
