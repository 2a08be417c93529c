// SPDX-License-Identifier: BSL-1.0
// The adapters of heaps that commit parts of regions, called as the heaps call them.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/jemalloc.hpp>
#include <quire/heap/mimalloc_elastic.hpp>
#include <quire/heap/umf.hpp>
#include <quire/memory_partition.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/heaps/fake_heaps.hpp"

namespace quire::test {
namespace {

constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
constexpr std::size_t page = 4096, chunk = std::size_t{2} << 20;
using unguarded = linux_allocator::with_protection<protection::unguarded>;
using budgeted = with_partition<linux_allocator>;
using failing_memory = linux_allocator::with_backing<failing_store>;
using injector = failing_store::calls::watcher;

/// An arena as jemalloc uses it.
template <class A>
struct arena_world {
  template <class... Given>
  explicit arena_world(Given... given) : arena(given...) {
    (void)arena.open().value();
    hooks = fake_jemalloc::hooks;
  }
  std::byte* alloc(std::size_t bytes, std::size_t alignment = page, bool committed = true) {
    bool zero = false;
    is_committed = committed;
    return static_cast<std::byte*>(hooks->alloc(hooks, nullptr, bytes, alignment, &zero, &is_committed, 7));
  }
  // These return whether it was done.
  bool dalloc(std::byte* p, std::size_t bytes) { return !hooks->dalloc(hooks, p, bytes, true, 7); }
  bool commit(std::byte* p, std::size_t bytes) { return !hooks->commit(hooks, p, chunk, 0, bytes, 7); }
  bool decommit(std::byte* p, std::size_t bytes) { return !hooks->decommit(hooks, p, chunk, 0, bytes, 7); }
  bool purge(std::byte* p, std::size_t bytes) { return !hooks->purge_forced(hooks, p, chunk, 0, bytes, 7); }
  bool merge(std::byte* a, std::byte* b) { return !hooks->merge(hooks, a, page, b, page, true, 7); }

  heap::jemalloc_arena<A> arena;
  extent_hooks_t* hooks;
  bool is_committed = false;
};

TEMPLATE_TEST_CASE("jemalloc gets regions between guards, as a whole, and splits them", "[jemalloc]", linux_allocator,
                   unguarded, huge_linux_allocator, checked_linux_allocator, posix_allocator) {
  test_environment::run_isolated("extents", [] {
    arena_world<TestType> w;
    check(w.arena.flags() == (MALLOCX_ARENA(7U) | MALLOCX_TCACHE_NONE) && w.arena.index() == 7, "flags");
    std::byte* const p = w.alloc(chunk, chunk);
    check(p != nullptr && w.is_committed && reinterpret_cast<std::uintptr_t>(p) % chunk == 0, "an aligned extent");
    if constexpr (TestType::contract.guard_after != 0)
      expect_inaccessible<test_environment>(p + chunk, TestType::contract.fault);
    fill({p, chunk}, 1);
    check(!w.hooks->split(w.hooks, p, chunk, page, chunk - page, true, 7), "split");
    check(w.merge(p, p + page), "merged again");
    check(!w.dalloc(p, page) && !w.dalloc(p + page, chunk - page), "a part is not released");
    check(holds({p, chunk}, 1), "and keeps its contents");
    if constexpr (!w.arena.commits_on_demand) {
      check(!w.decommit(p, page) && holds({p, page}, 1), "nor decommitted");
      check(w.purge(p + page, page) && all_zero({p + page, page}), "but purged");
      check(holds({p, page}, 1) && holds({p + 2 * page, page}, 1), "and nothing else");
    }
    check(w.alloc(chunk, page, false) != nullptr, "another");
    check(w.is_committed != w.arena.commits_on_demand, "which is committed, or on demand");
    check(w.dalloc(p, chunk), "as a whole it is released");
    check(!w.dalloc(p, chunk), "once");
  });
}

TEST_CASE("jemalloc within a budget commits and decommits parts", "[jemalloc]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 4 * page}));
  test_environment::run_isolated("budget", [&] {
    arena_world<budgeted> w(backing::partitioned{partition});
    std::byte* const p = w.alloc(chunk, page, false);
    check(p != nullptr && !w.is_committed && partition.charged() == 0, "reserved");
    check(w.alloc(chunk) == nullptr, "too much");
    expect_inaccessible<test_environment>(p, fault::accerr);
    check(w.commit(p, 3 * page) && partition.charged() == 3 * page, "committed");
    fill({p, 3 * page}, 1);
    check(!w.commit(p + 3 * page, 2 * page) && partition.charged() == 3 * page, "no more than the budget");
    check(w.decommit(p + page, 2 * page) && partition.charged() == page, "decommitted");
    expect_inaccessible<test_environment>(p + page, fault::accerr);
    check(w.commit(p + page, page) && all_zero({p + page, page}) && holds({p, page}, 1), "zero again");
    w.hooks->destroy(w.hooks, p, page, true, 7);
    check(partition.charged() == page, "a destroyed part is charged no more");
    w.hooks->destroy(w.hooks, p, chunk, true, 7);
    check(partition.charged() == 0 && w.arena.regions().statistics() == region_statistics{}, "nothing is left");
  });
}

TEST_CASE("what jemalloc must not do is refused and changes nothing", "[jemalloc]") {
  arena_world<linux_allocator> w;
  std::byte *const one = w.alloc(chunk), *const other = w.alloc(chunk);
  const region_statistics before = w.arena.regions().statistics();
  bool zero = false, commit = true;
  CHECK(w.hooks->alloc(w.hooks, one + chunk, chunk, page, &zero, &commit, 7) == nullptr);
  CHECK(w.alloc(0) == nullptr);
  CHECK(w.alloc(SIZE_MAX / 2) == nullptr);
  CHECK(w.alloc(page, 3) == nullptr);
  CHECK_FALSE(w.dalloc(one + page, page));
  CHECK_FALSE(w.dalloc(one, 2 * chunk));
  CHECK_FALSE(w.commit(one + 1, page));
  CHECK_FALSE(w.purge(one, 2 * chunk));
  CHECK(w.arena.regions().statistics() == before);
  CHECK(w.dalloc(other, chunk));
}

TEST_CASE("jemalloc does not merge extents of two regions", "[jemalloc]") {
  arena_world<unguarded> w;
  std::byte* const all[]{w.alloc(chunk), w.alloc(chunk), w.alloc(chunk)};
  for (std::byte* const a : all)
    for (std::byte* const b : all) CHECK(w.merge(a, b) == (a == b));
}

TEST_CASE("an arena that jemalloc does not make or destroy is an error", "[jemalloc]") {
  heap::jemalloc_arena<linux_allocator> arena;
  fake_jemalloc::page = 1024;
  CHECK(arena.open().error().code == errc::not_supported);
  fake_jemalloc::page = page;
  fake_jemalloc::refuses_arena = true;
  CHECK(arena.open().error() == error{errc::out_of_memory, step::configure, EAGAIN});
  fake_jemalloc::refuses_arena = false;
  REQUIRE(arena.open());
  CHECK(arena.open().error().code == errc::already_allocated);
  fake_jemalloc::refuses_destruction = true;
  CHECK(arena.close().error() == error{errc::not_permitted, step::release, EFAULT});
  fake_jemalloc::refuses_destruction = false;
  CHECK(arena.close());
  CHECK(arena.close());
  CHECK(fake_jemalloc::hooks == nullptr);
}

template <class A, class... Given>
void survive_every_failure_of_hooks(Given... given) {
  bool has_failed = true;
  for (std::size_t at = 0; has_failed; ++at) {
    injector::forget();
    {
      arena_world<A> w(given...);
      injector::arm({at, {ENOMEM, false}});
      std::byte* const p = w.alloc(chunk, chunk, false);
      if (p != nullptr) {
        (void)w.commit(p, 4 * page);
        (void)w.decommit(p, page);
        (void)w.purge(p + 2 * page, page);
        if (!w.dalloc(p, chunk)) w.hooks->destroy(w.hooks, p, chunk, true, 7);
      }
      has_failed = !injector::failed.empty();
      injector::disarm();
    }
    CHECK(injector::mapped.all().empty());
  }
}

TEST_CASE("whichever call of an extent fails, nothing stays mapped or charged", "[jemalloc][fault]") {
  survive_every_failure_of_hooks<failing_memory>();
  memory_partition<failing_store> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 4 << 20}));
  survive_every_failure_of_hooks<with_partition<failing_memory>>(backing::partitioned{partition});
  CHECK(partition.charged() == 0);
}

template <class F>
void in_threads(F f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(f);
  for (std::thread& each : threads) each.join();
}

TEST_CASE("threads call the hooks at once", "[jemalloc][threads]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 64 * page}));
  arena_world<budgeted> w(backing::partitioned{partition});
  in_threads([&] {
    for (int i = 0; i < 200; ++i) {
      bool zero = false, committed = false;
      void* const p = w.hooks->alloc(w.hooks, nullptr, 16 * page, page, &zero, &committed, 7);
      if (p == nullptr || w.hooks->commit(w.hooks, p, 16 * page, page, 2 * page, 7)) std::abort();
      std::memset(static_cast<std::byte*>(p) + page, 1, 2 * page);
      if (i % 2 == 0 && w.hooks->decommit(w.hooks, p, 16 * page, page, page, 7)) std::abort();
      if (w.hooks->dalloc(w.hooks, p, 16 * page, true, 7)) std::abort();
    }
  });
  CHECK(partition.charged() == 0);
}

// ---- mimalloc

TEST_CASE("an elastic arena of mimalloc is committed as a whole, and discarded in parts", "[mimalloc]") {
  const auto arena = heap::mimalloc_elastic_arena<linux_allocator>(std::size_t{33} << 20);
  REQUIRE(arena);
  const auto& told = fake_mimalloc::last;
  CHECK(told.bytes == std::size_t{64} << 20);
  CHECK((told.is_committed && !told.is_pinned && told.is_zero && told.is_exclusive && told.node == -1));
  auto* const p = static_cast<std::byte*>(told.start);
  fill({p, 3 * page}, 1);
  bool is_zero = true;
  CHECK(told.commit(true, p, page, &is_zero, told.argument));
  CHECK_FALSE(is_zero);
  CHECK_FALSE(told.commit(false, p + page, page, nullptr, told.argument));  // need not be committed again
  CHECK(all_zero({p + page, page}));
  CHECK((holds({p, page}, 1) && holds({p + 2 * page, page}, 1)));
  fill({p + page, page}, 2);
}

TEST_CASE("an elastic arena within a budget is committed in parts", "[mimalloc]") {
  static memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 4 * page}));
  REQUIRE(heap::mimalloc_elastic_arena<budgeted>(1, backing::partitioned{partition}));
  const auto& told = fake_mimalloc::last;
  CHECK_FALSE(told.is_committed);
  CHECK(partition.charged() == 0);
  auto* const p = static_cast<std::byte*>(told.start);
  CHECK(told.commit(true, p, 3 * page, nullptr, told.argument));
  fill({p, 3 * page}, 1);
  CHECK_FALSE(told.commit(true, p, 5 * page, nullptr, told.argument));
  CHECK(partition.charged() == 3 * page);
  CHECK(told.commit(false, p, 5 * page, nullptr, told.argument));  // has to be committed again
  CHECK(partition.charged() == 0);
}

TEST_CASE("an elastic arena that cannot be made leaves nothing", "[mimalloc]") {
  injector::forget();
  const auto made = [] { return heap::mimalloc_elastic_arena<failing_memory>(1); };
  fake_mimalloc::refuses_arena = true;
  CHECK(made().error() == error{errc::out_of_memory, step::configure, 0});
  fake_mimalloc::refuses_arena = false;
  injector::arm({0, {ENOMEM, false}});
  CHECK(made().error().native == ENOMEM);
  injector::disarm();
  CHECK(injector::mapped.all().empty());
  CHECK(heap::mimalloc_elastic_arena<linux_allocator>(0).error().code == errc::invalid_argument);
  CHECK(heap::mimalloc_elastic_arena<linux_allocator>(SIZE_MAX).error().code == errc::limit_exceeded);
  static memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 1 << 20}));
  fake_mimalloc::options[mi_option_page_commit_on_demand] = 1;
  CHECK(heap::mimalloc_elastic_arena<budgeted>(1, backing::partitioned{partition}).error().code == errc::not_supported);
  CHECK(heap::mimalloc_elastic_arena<linux_allocator>(1));  // where all pages are committed it has no effect
  fake_mimalloc::options.clear();
}

// ---- Unified Memory Framework

TEST_CASE("UMF's functions allocate and free regions, and tell errors by thread", "[umf][threads]") {
  injector::forget();
  region_allocator<failing_memory> regions;
  fake_umf::refuses = true;
  CHECK(heap::make_umf_provider(regions).error().code == errc::out_of_memory);
  fake_umf::refuses = false;
  REQUIRE(heap::make_umf_provider(regions));
  const auto& f = fake_umf::functions;
  void* const provider = fake_umf::provider;
  CHECK(f.version == UMF_PROVIDER_OPS_VERSION_CURRENT);
  void* p = nullptr;
  REQUIRE(f.alloc(provider, 100, 0, &p) == UMF_RESULT_SUCCESS);
  std::memset(p, 1, 100);
  CHECK(f.free(provider, p, SIZE_MAX) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(f.free(provider, p, 2 * page) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(f.free(provider, p, 100) == UMF_RESULT_SUCCESS);
  CHECK(f.alloc(provider, 0, 0, &p) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(p == nullptr);
  CHECK(f.alloc(provider, page, 3, &p) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  injector::arm({0, {ENOMEM, false}});
  CHECK(f.alloc(provider, page, 0, &p) == UMF_RESULT_ERROR_OUT_OF_HOST_MEMORY);
  injector::arm({0, {EPERM, false}});
  CHECK(f.alloc(provider, page, 0, &p) == UMF_RESULT_ERROR_MEMORY_PROVIDER_SPECIFIC);
  injector::disarm();
  const char* text = nullptr;
  std::int32_t code = 0;
  std::thread([&] { (void)f.get_last_native_error(provider, &text, &code); }).join();
  CHECK(code == 0);
  CHECK(f.get_last_native_error(provider, &text, &code) == UMF_RESULT_SUCCESS);
  CHECK(code == EPERM);
  CHECK(std::strcmp(text, "not permitted") == 0);
  std::size_t bytes = 0;
  CHECK(f.get_recommended_page_size(provider, 1, &bytes) == UMF_RESULT_SUCCESS);
  CHECK(bytes == 65536);
  CHECK(f.get_cache_line_size(provider, &bytes) == UMF_RESULT_SUCCESS);
  CHECK(bytes == 64);
  CHECK(f.finalize(provider) == UMF_RESULT_SUCCESS);
  CHECK(regions.statistics() == region_statistics{});
}

TEST_CASE("threads allocate by UMF at once", "[umf][threads]") {
  region_allocator<linux_allocator> regions;
  REQUIRE(heap::make_umf_provider(regions));
  in_threads([] {
    for (int i = 0; i < 200; ++i) {
      void* p = nullptr;
      if (fake_umf::functions.alloc(fake_umf::provider, 3 * page, 0, &p) != UMF_RESULT_SUCCESS) std::abort();
      std::memset(p, 1, 3 * page);
      if (fake_umf::functions.free(fake_umf::provider, p, 3 * page) != UMF_RESULT_SUCCESS) std::abort();
    }
  });
  CHECK(regions.statistics() == region_statistics{});
}

}  // namespace
}  // namespace quire::test
