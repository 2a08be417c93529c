// SPDX-License-Identifier: BSL-1.0
// jemalloc itself on arenas of Quire's: threads that exchange blocks, budgets, refusals, and what is left afterwards.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/jemalloc.hpp>
#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/heaps/stress.hpp"

namespace quire::test {
namespace {

template <class Arena>
struct shared_arena {
  Arena& arena;

  struct of_thread {
    shared_arena& from;
    [[nodiscard]] void* allocate(std::size_t bytes) const { return mallocx(bytes, from.arena.flags()); }
    void release(void* p) const { dallocx(p, from.arena.flags()); }
  };
};

/// Gives back what the arena keeps for later.
template <class Arena>
void purge(const Arena& arena) {
  const std::string name = "arena." + std::to_string(arena.index()) + ".purge";
  REQUIRE(mallctl(name.c_str(), nullptr, nullptr, nullptr, 0) == 0);
}

template <class Arena>
void work(Arena& arena, stress_terms terms = {}) {
  REQUIRE(arena.open());
  REQUIRE(arena.open().error().code == errc::already_allocated);
  shared_arena<Arena> heap{arena};
  const stress_outcome got = heap_stress(heap, terms).run();
  CHECK(got.refused == 0);
  CHECK(got.damaged == 0);
  CHECK(got.blocks > 100000);
  void* const p = mallocx(100, arena.flags());
  const auto where = arena.regions().find(p);
  CHECK((where && where->where == zone::accessible));
  purge(arena);
  CHECK(arena.close());
  CHECK(arena.regions().statistics() == region_statistics{});
}

using with_blocks_side_by_side = linux_allocator::with_protection<protection::unguarded>;

TEMPLATE_TEST_CASE("threads exchange blocks of jemalloc on Quire's pages", "[jemalloc]", linux_allocator,
                   huge_linux_allocator, with_blocks_side_by_side) {
  heap::jemalloc_arena<TestType> arena;
  work(arena);
}

TEST_CASE("an arena is bound to a node", "[jemalloc]") {
  heap::jemalloc_arena<linux_allocator::with_placement<placement::bind>> arena(placement::bind{{0}});
  work(arena);
}

using budgeted = with_partition<linux_allocator>;
using partition_type = memory_partition<backing::linux_mmap<>>;

TEST_CASE("an arena within a budget takes no more, and leaves nothing charged", "[jemalloc]") {
  partition_type partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 256 << 20}));
  {
    heap::jemalloc_arena<budgeted> arena(backing::partitioned{partition});
    work(arena);
    CHECK(partition.charged() == 0);
    REQUIRE(arena.open());  // once more
    CHECK(partition.charged() != 0);
  }
  CHECK(partition.charged() == 0);
}

TEST_CASE("a budget that is used up is jemalloc's null, and what is freed can be used again", "[jemalloc]") {
  partition_type partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 16 << 20}));
  heap::jemalloc_arena<budgeted> arena(backing::partitioned{partition});
  REQUIRE(arena.open());
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{20000}, std::size_t{3} << 20}) {
    std::vector<void*> all;
    while (void* const p = mallocx(bytes, arena.flags())) all.push_back(p);
    CHECK(all.size() * bytes > 9u << 20);
    CHECK(partition.charged() <= partition.maximum());
    for (void* const each : all) dallocx(each, arena.flags());
    purge(arena);
    CHECK(partition.charged() < 4u << 20);
  }
  CHECK(arena.close());
  CHECK(partition.charged() == 0);
}

TEST_CASE("an arena that has no room for its records is an error, and nothing is left", "[jemalloc]") {
  partition_type partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 1 << 20}));
  heap::jemalloc_arena<budgeted> arena(backing::partitioned{partition});
  const auto got = arena.open();
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::out_of_memory);
  CHECK(got.error().native != 0);
  CHECK(arena.close());
  CHECK(arena.regions().statistics() == region_statistics{});
}

TEST_CASE("an arena is not destroyed under a thread that is bound to it", "[jemalloc]") {
  heap::jemalloc_arena<linux_allocator> arena;
  REQUIRE(arena.open());
  unsigned before = 0, now = arena.index();
  std::size_t bytes = sizeof before;
  REQUIRE(mallctl("thread.arena", &before, &bytes, &now, sizeof now) == 0);
  const auto got = arena.close();
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::not_permitted);
  REQUIRE(mallctl("thread.arena", nullptr, nullptr, &before, sizeof before) == 0);
  REQUIRE(mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0) == 0);
  CHECK(arena.close());
}

/// Each call of an arena's life fails in turn. `given`: what the arena is made from.
template <class A, class... Given>
void survive_every_failure(Given... given) {
  using injector = failing_store::calls::watcher;
  bool has_failed = true;
  std::size_t at = 0;
  for (; has_failed; ++at) {
    injector::forget();
    {
      heap::jemalloc_arena<A> arena(given...);
      injector::arm({at, {ENOMEM, false}});
      if (arena.open()) {
        std::array<void*, 4> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = mallocx(std::size_t{100} << (5 * i), arena.flags());
        for (std::size_t i = 0; i < all.size(); i += 2)
          if (all[i] != nullptr) dallocx(all[i], arena.flags());
        purge(arena);
        if (void* const p = mallocx(70000, arena.flags())) std::memset(p, 1, 70000);
      }
      has_failed = !injector::failed.empty();
      injector::disarm();
      CHECK(arena.close());
      CHECK(arena.regions().statistics().committed == 0);
    }
    CHECK(injector::mapped.all().empty());
  }
  CHECK(at > 5);
}

using failing_memory = linux_allocator::with_backing<failing_store>;

TEMPLATE_TEST_CASE("whichever call fails jemalloc survives it, and nothing stays mapped", "[jemalloc][fault]",
                   failing_memory, failing_memory::with_protection<protection::unguarded>,
                   failing_memory::with_page_size<page_size::transparent_huge<>>) {
  survive_every_failure<TestType>();
}

TEST_CASE("whichever call fails within a budget nothing stays charged", "[jemalloc][fault]") {
  memory_partition<failing_store> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 64 << 20}));
  survive_every_failure<with_partition<failing_memory>>(backing::partitioned{partition});
  CHECK(partition.charged() == 0);
}

}  // namespace
}  // namespace quire::test
