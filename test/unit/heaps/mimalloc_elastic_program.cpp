// SPDX-License-Identifier: BSL-1.0
// mimalloc 3 itself in elastic arenas: what it frees goes back through Quire.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/mimalloc.hpp>
#include <quire/heap/mimalloc_elastic.hpp>
#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/heaps/stress.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

constexpr std::size_t arena_bytes = std::size_t{128} << 20;
using budgeted = with_partition<linux_allocator>;

/// A heap that threads share, as version 3 allows.
struct shared_heap {
  mi_heap_t* heap;

  struct of_thread {
    shared_heap& from;
    [[nodiscard]] void* allocate(std::size_t bytes) const { return mi_heap_malloc(from.heap, bytes); }
    static void release(void* p) { mi_free(p); }
  };
};

/// Threads that look for room in one arena at once make mimalloc 3 refuse a block now and then, in memory of its own as
/// well.
void work(mi_arena_id_t arena) {
  shared_heap shared{mi_heap_new_in_arena(arena)};
  const stress_outcome got = heap_stress(shared, {.largest = 300000}).run();
  CHECK(got.refused < got.blocks / 1000);
  CHECK(got.damaged == 0);
  CHECK(got.blocks > 100000);
  mi_heap_destroy(shared.heap);
}

/// A partition with an arena in it. Both stay for ever.
struct arena_in_a_partition {
  explicit arena_in_a_partition(std::size_t maximum, std::size_t bytes = arena_bytes) {
    REQUIRE(partition.open({.name = "heap", .maximum = maximum}));
    id = heap::mimalloc_elastic_arena<budgeted>(bytes, backing::partitioned{partition});
  }
  memory_partition<backing::linux_mmap<>>& partition = *new memory_partition<backing::linux_mmap<>>;
  result<mi_arena_id_t> id;
};

TEMPLATE_TEST_CASE("threads exchange blocks of mimalloc in elastic arenas", "[mimalloc]", linux_allocator,
                   huge_linux_allocator) {
  const auto arena = heap::mimalloc_elastic_arena<TestType>(arena_bytes);
  REQUIRE(arena);
  std::size_t bytes = 0;
  CHECK(mi_arena_area(*arena, &bytes) != nullptr);
  CHECK(bytes == arena_bytes);
  work(*arena);
}

TEST_CASE("threads exchange blocks of mimalloc 3 in a memory of Quire's", "[mimalloc]") {
  const auto arena = heap::mimalloc_arena<linux_allocator>(arena_bytes);
  REQUIRE(arena);
  work(*arena);
  auto* const begin = static_cast<std::byte*>(mi_arena_area(*arena, nullptr));
  const std::size_t resident = resident_bytes(begin, arena_bytes);
  mi_collect(true);
  CHECK(resident_bytes(begin, arena_bytes) == resident);  // mimalloc takes no page away
}

TEST_CASE("what a destroyed heap had is discarded", "[mimalloc]") {
  const auto arena = heap::mimalloc_elastic_arena<linux_allocator>(arena_bytes);
  REQUIRE(arena);
  std::byte* const begin = static_cast<std::byte*>(mi_arena_area(*arena, nullptr));
  mi_heap_t* const heap = mi_heap_new_in_arena(*arena);
  for (int i = 0; i < 1000; ++i)
    if (void* const p = mi_heap_malloc(heap, 20000)) std::memset(p, 1, 20000);
  CHECK(resident_bytes(begin, arena_bytes) > 19u << 20);
  mi_heap_destroy(heap);
  mi_collect(true);
  CHECK(resident_bytes(begin, arena_bytes) < 2u << 20);
  CHECK(mappings_in(begin, arena_bytes).size() == 1);
}

TEST_CASE("a heap within a budget is charged for what it uses, and for nothing when it is gone",
          "[mimalloc][threads]") {
  arena_in_a_partition in(100 << 20);
  REQUIRE(in.id);
  mi_collect(true);
  const std::size_t records = in.partition.charged();
  CHECK(records > 0);
  CHECK(records < 1 << 20);
  work(*in.id);
  std::thread([&] {  // which keeps 64 KiB of the last heap that it used, until it ends
    mi_heap_t* const heap = mi_heap_new_in_arena(*in.id);
    for (int i = 0; i < 1000; ++i) (void)mi_heap_malloc(heap, 20000);
    CHECK(in.partition.charged() > 19u << 20);
    mi_heap_destroy(heap);
  })
      .join();
  mi_collect(true);
  CHECK(in.partition.charged() == records);
}

TEST_CASE("a budget that is used up is mimalloc's null, and what is freed can be used again", "[mimalloc]") {
  arena_in_a_partition in(20 << 20);
  REQUIRE(in.id);
  mi_heap_t* const heap = mi_heap_new_in_arena(*in.id);
  for (const std::size_t bytes : {std::size_t{20000}, std::size_t{2000000}, std::size_t{200}}) {
    std::vector<void*> all;
    while (void* const p = mi_heap_malloc(heap, bytes)) all.push_back(p);
    CHECK(all.size() * bytes > 14u << 20);
    CHECK(in.partition.charged() <= in.partition.maximum());
    for (void* const each : all) mi_free(each);
    mi_heap_collect(heap, true);
    mi_collect(true);
    CHECK(in.partition.charged() < 4u << 20);
  }
  mi_heap_destroy(heap);
}

TEST_CASE("what cannot be made is refused, and nothing is left", "[mimalloc]") {
  CHECK(heap::mimalloc_elastic_arena<linux_allocator>(0).error().code == errc::invalid_argument);
  CHECK(heap::mimalloc_elastic_arena<linux_allocator>(SIZE_MAX).error().code == errc::limit_exceeded);
  arena_in_a_partition no_room(4096);
  REQUIRE_FALSE(no_room.id);
  CHECK(no_room.id.error() == error{errc::out_of_memory, step::configure, 0});
  CHECK(no_room.partition.close());
  mi_option_set(mi_option_page_commit_on_demand, 1);
  arena_in_a_partition by_itself(64 << 20);
  mi_option_set(mi_option_page_commit_on_demand, 0);
  REQUIRE_FALSE(by_itself.id);
  CHECK(by_itself.id.error().code == errc::not_supported);
  CHECK(by_itself.partition.charged() == 0);
}

template <class A, class... Given>
void survive_every_failure(Given... given) {
  using injector = failing_store::calls::watcher;
  bool has_failed = true;
  std::size_t at = 0;
  for (; has_failed; ++at) {
    injector::forget();
    injector::arm({at, {12, false}});
    const auto arena = heap::mimalloc_elastic_arena<A>(std::size_t{32} << 20, given...);
    if (arena) {
      mi_heap_t* const heap = mi_heap_new_in_arena(*arena);
      for (const std::size_t bytes : {std::size_t{100}, std::size_t{60000}, std::size_t{3000000}}) {
        void* const p = mi_heap_malloc(heap, bytes);
        if (p != nullptr) std::memset(p, 1, bytes);
        mi_free(p);
      }
      mi_heap_destroy(heap);
      mi_collect(true);
    }
    has_failed = !injector::failed.empty();
    injector::disarm();
    if (!arena) CHECK(injector::mapped.all().empty());
  }
  CHECK(at > 1);
}

TEST_CASE("whichever call fails mimalloc survives it", "[mimalloc][fault]") {
  using memory = linux_allocator::with_backing<failing_store>;
  survive_every_failure<memory>();
  auto& partition = *new memory_partition<failing_store>;
  REQUIRE(partition.open({.name = "heap", .maximum = std::size_t{1} << 30}));
  survive_every_failure<with_partition<memory>>(backing::partitioned{partition});
}

}  // namespace
}  // namespace quire::test
