// SPDX-License-Identifier: BSL-1.0
// Stacks for fibres: their bounds, their reuse, their overflows.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/recycling/deferred.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/stack_cache.hpp>
#include <quire/stack_pool.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_calls.hpp"
#include "support/fakes/older_kernel.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
using older_linux = linux_allocator::with_backing<backing::linux_mmap<older_kernel>>;
constexpr std::size_t kib = 1024;

TEMPLATE_TEST_CASE("stacks lie apart and each has an inaccessible guard below it", "[stacks]",
                   (stack_pool<linux_allocator, r::none>), (stack_pool<older_linux, r::none>),
                   (stack_pool<posix_allocator, r::none>)) {
  test_environment::run_isolated("bounds", [] {
    TestType p;
    test_environment::check(p.open({.stacks = 30, .bytes = 32 * kib, .guard = 8 * kib}).has_value(), "open");
    std::vector<stack_memory> all;
    while (const auto one = p.acquire()) all.push_back(*one);
    test_environment::check(all.size() == 30 && p.live() == 30, "all stacks are handed out");
    for (const stack_memory& each : all) {
      test_environment::check(each.bytes >= 32 * kib && each.top() == each.base + each.bytes, "as large as asked for");
      fill({each.base, each.bytes}, static_cast<unsigned char>(each.number + 1));
      for (const std::ptrdiff_t below : {std::ptrdiff_t{1}, std::ptrdiff_t{8}, std::ptrdiff_t{8 * kib}}) {
        expect_inaccessible<test_environment>(each.base - below, fault::either);
        test_environment::check(p.find(each.base - below) == found_stack{each.number, true, true}, "an overflow");
      }
      test_environment::check(p.find(each.base) == found_stack{each.number, false, true}, "the last byte is its own");
      test_environment::check(p.find(each.top() - 1) == found_stack{each.number, false, true}, "and the first one");
      test_environment::check(p.find_live(each.base) == each && p.find_live(each.top() - 1) == each, "it is found");
      test_environment::check(!p.find_live(each.base - 1), "its guard is no stack");
    }
    for (const stack_memory& each : all)
      test_environment::check(holds({each.base, each.bytes}, static_cast<unsigned char>(each.number + 1)), "apart");
    for (const stack_memory& each : all) p.release(each);
    test_environment::check(p.live() == 0 && p.close().has_value(), "all are returned");
  });
}

TEST_CASE("a pool of stacks refuses terms that make no stacks", "[stacks]") {
  stack_pool<linux_allocator, r::none> p;
  CHECK(is_refused(p.acquire(), errc::not_allocated));
  CHECK(is_refused(p.open({.stacks = 0, .bytes = 4096}), errc::invalid_argument));
  CHECK(is_refused(p.open({.stacks = 1, .bytes = 0}), errc::invalid_argument));
  CHECK(is_refused(p.open({.stacks = 1, .bytes = 4096, .guard = 0}), errc::invalid_argument));
  CHECK(is_refused(p.open({.stacks = 1, .bytes = SIZE_MAX}), errc::limit_exceeded));
  CHECK_FALSE((p.find(&p) || p.find_live(&p)));
  p.trim();
  REQUIRE(p.open({.stacks = 1, .bytes = 1}));
  p.release({});  // the first stack is not made yet, and has no address either
  CHECK(p.live() == 0);
  CHECK(is_refused(p.open({.stacks = 1, .bytes = 1}), errc::already_allocated));
  const auto one = p.acquire();
  REQUIRE(one);
  CHECK(p.acquire().error().code == errc::limit_exceeded);
  CHECK(p.close().error().code == errc::not_permitted);
  p.release(*one);
  p.release(*one);
  CHECK((p.find(one->base) == found_stack{0, false, false} && !p.find_live(one->base)));
  CHECK((p.acquire() && !p.acquire()));  // it was returned once
}

TEST_CASE("a stack is reused with its memory until it is trimmed", "[stacks]") {
  stack_pool<linux_allocator, r::none> p;
  REQUIRE(p.open({.stacks = 8, .bytes = 256 * kib}));
  const stack_memory first = *p.acquire();
  fill({first.base, first.bytes}, 1);
  p.release(first);
  const stack_memory again = *p.acquire();
  CHECK((again.base == first.base && resident_bytes(again.base, again.bytes) == 256 * kib));
  p.release(again);
  p.trim(16 * kib);
  CHECK(resident_bytes(again.base, again.bytes) == 16 * kib);
  const stack_memory kept = *p.acquire();
  CHECK((kept.base == again.base && holds({kept.top() - 16 * kib, 16 * kib}, 1)));
  p.release(kept);
  p.trim();
  CHECK(resident_bytes(again.base, again.bytes) == 0);
}

TEST_CASE("trimming keeps the uppermost bytes of stacks that wait, and nothing below them", "[stacks]") {
  stack_pool<linux_allocator, r::deferred<r::zero_dirty>> waiting;
  REQUIRE(waiting.open({.stacks = 4, .bytes = 64 * kib}));
  const stack_memory whole = *waiting.acquire();
  fill({whole.base, whole.bytes}, 1);
  waiting.release(whole);
  waiting.trim(16 * kib);
  CHECK(resident_bytes(whole.base, whole.bytes) == 16 * kib);
  CHECK(resident_bytes(whole.top() - 16 * kib, 16 * kib) == 16 * kib);

  stack_pool<linux_allocator, r::zero_dirty> p;
  REQUIRE(p.open({.stacks = 4, .bytes = 64 * kib}));
  const stack_memory deep = *p.acquire();
  fill({deep.base, 8 * kib}, 1);
  p.release(deep);
  p.trim(16 * kib);
  CHECK(resident_bytes(deep.base, deep.bytes) == 0);
}

TEST_CASE("stacks are found while other threads take their neighbours for the first time", "[stacks][threads]") {
  stack_pool<linux_allocator, r::none> p;
  constexpr std::uint32_t many = 2000;
  REQUIRE(p.open({.stacks = many, .bytes = 16 * kib, .guard = 4 * kib}));
  const stack_memory first = *p.acquire();
  std::atomic<bool> begun{false}, well{true};
  std::thread finder([&] {
    begun = true;
    for (std::size_t i = 0; i < many; ++i) {
      std::byte* const at = first.base + i * 20 * kib;
      const auto found = p.find_live(at);
      if (found && found->base != at) well = false;
    }
  });
  while (!begun) std::this_thread::yield();
  for (std::uint32_t i = 1; i < many; ++i)
    if (!p.acquire()) well = false;
  finder.join();
  CHECK(well);
}

TEST_CASE("a stack that is wiped is zero for its next user", "[stacks]") {
  stack_pool<linux_allocator, r::zero_dirty> p;
  REQUIRE(p.open({.stacks = 1, .bytes = 64 * kib}));
  for (int round = 0; round < 3; ++round) {
    const stack_memory one = *p.acquire();
    CHECK(all_zero({one.base, one.bytes}));
    fill({one.top() - 9000, 9000}, 1);
    p.release(one);
  }
}

TEST_CASE("a hundred thousand stacks take fewer than a hundred mappings", "[stacks][threads]") {
  stack_pool<linux_allocator, r::none> p;
  const auto opened = p.open({.stacks = 100'000, .bytes = 64 * kib, .guard = 4 * kib});
  if (!opened && opened.error().code == errc::too_many_mappings) return skip("this kernel has no guard markers");
  REQUIRE(opened);
  std::vector<stack_memory> all;
  all.reserve(p.stacks());
  while (const auto one = p.acquire()) all.push_back(*one);
  CHECK(all.size() == 100'000);
  CHECK(mappings_in(all.front().base, 100'000 * 68 * kib).size() < 100);
  std::thread([] {}).join();  // the program still has threads, and memory
  for (const stack_memory& each : all) p.release(each);
}

TEST_CASE("as many threads as there are stacks never share one, and none is refused", "[stacks][threads]") {
  constexpr std::uint32_t threads_and_stacks = 4;
  stack_pool<linux_allocator, r::none> p;
  REQUIRE(p.open({.stacks = threads_and_stacks, .bytes = 16 * kib}));
  std::array<std::atomic<int>, threads_and_stacks> users{};
  std::atomic<bool> well = true;
  std::vector<std::thread> threads;
  for (std::uint32_t id = 0; id < threads_and_stacks; ++id)
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000 && well; ++round) {
        const auto one = p.acquire();
        if (!one || users[one->number]++ != 0) well = false;
        if (!well) return;
        --users[one->number];
        p.release(*one);
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK((well && p.live() == 0));
}

using pool_of_stacks = stack_pool<linux_allocator, r::none>;

TEST_CASE("a cache keeps the stacks that its thread returned, and hands out the last one first", "[stacks]") {
  pool_of_stacks p;
  REQUIRE(p.open({.stacks = 4, .bytes = 64 * kib}));
  {
    stack_cache kept(p);
    const stack_memory first = *kept.acquire(), second = *kept.acquire();
    fill({first.base, first.bytes}, 1);
    kept.release(second);
    kept.release(first);
    CHECK((p.live() == 2 && p.find(first.base) == found_stack{first.number, false, false}));
    CHECK((!kept.find_live(first.base) && p.close().error().code == errc::not_permitted));
    const stack_memory again = *kept.acquire();
    CHECK((again.base == first.base && again.use == first.use + 1 && again.bytes == first.bytes));
    CHECK(holds({again.base, again.bytes}, 1));
    CHECK((p.acquire() && p.acquire()));
    CHECK(p.acquire().error().code == errc::limit_exceeded);  // the other one is kept
    kept.flush();
    CHECK(p.acquire()->use == 1);  // it was used once
    CHECK(kept.acquire().error().code == errc::limit_exceeded);
    kept.release(again);
  }
  CHECK(p.live() == 3);
}

TEST_CASE("a cache keeps a stack once, and none that is not in use", "[stacks]") {
  pool_of_stacks p, other;
  stack_cache of_none(other);
  CHECK(is_refused(of_none.acquire(), errc::not_allocated));
  REQUIRE((p.open({.stacks = 2, .bytes = 4 * kib}) && other.open({.stacks = 2, .bytes = 4 * kib})));
  stack_cache kept(p);
  const stack_memory one = *p.acquire(), foreign = *other.acquire();
  kept.release(one);
  kept.release(one);
  p.release(one);
  kept.release(foreign);
  kept.release({.base = one.base, .bytes = one.bytes, .number = 7});
  kept.release({});
  const stack_memory taken = *kept.acquire(), next = *kept.acquire();
  CHECK(taken.number != next.number);
  CHECK_FALSE(kept.acquire());
  p.release(taken);  // past the cache
  kept.release(taken);
  kept.release(next);
  kept.flush();
  CHECK(p.live() == 0);
}

TEST_CASE("a full cache returns the half that it has had longest", "[stacks]") {
  constexpr std::uint32_t most = stack_cache<linux_allocator, r::none>::most;
  pool_of_stacks p;
  REQUIRE(p.open({.stacks = most + 1, .bytes = 4 * kib}));
  stack_cache kept(p);
  std::vector<stack_memory> all;
  while (const auto one = kept.acquire()) all.push_back(*one);
  REQUIRE(all.size() == most + 1);
  for (const stack_memory& each : all) kept.release(each);
  CHECK(p.live() == most / 2 + 1);
  for (std::uint32_t i = 0; i != most / 2 + 1; ++i) CHECK(kept.acquire()->base == all[most - i].base);
  CHECK(kept.acquire()->number < most + 1);  // from the pool again
}

TEST_CASE("caches of several threads never hand out the same stack", "[stacks][threads]") {
  constexpr std::uint32_t threads_at_once = 4, at_once = 3;
  pool_of_stacks p;
  REQUIRE(p.open({.stacks = 64 * threads_at_once, .bytes = 4 * kib}));
  std::vector<std::atomic<int>> users(64 * threads_at_once);
  std::atomic<bool> well = true;
  std::vector<std::thread> threads;
  for (std::uint32_t id = 0; id != threads_at_once; ++id)
    threads.emplace_back([&, id] {
      stack_cache kept(p);
      for (std::uint32_t round = 0; round != 10'000 && well; ++round) {
        std::array<stack_memory, at_once> taken;
        for (stack_memory& each : taken) {
          const auto one = kept.acquire();
          if (!one || users[one->number]++ != 0) well = false;
          if (!well) return;
          each = *one;
          *each.base = static_cast<std::byte>(id);
        }
        for (const stack_memory& each : taken) {
          if (*each.base != static_cast<std::byte>(id)) well = false;
          --users[each.number];
          round % 7 == 0 ? p.release(each) : kept.release(each);
        }
        if (round % 100 == 0) kept.flush();
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK((well && p.live() == 0));
}

using failing_store = backing::linux_mmap<failing_calls<permissive_fake_kernel>>;
using injector = failing_store::calls::watcher;

TEST_CASE("whichever call of a pool of stacks fails none is lost", "[stacks][fault]") {
  using pool_type = stack_pool<linux_allocator::with_backing<failing_store>, r::none>;
  const auto uses = [](pool_type& p) {
    (void)p.open({.stacks = 3, .bytes = 32 * kib});
    if (const auto one = p.acquire()) p.release(*one);
    p.trim();
    if (const auto one = p.acquire()) p.release(*one);
  };
  test_environment::run_isolated("stacks", [&] {
    bool happened = true;
    for (std::size_t at = 0; happened; ++at)
      for (const int code : {ENOMEM, EPERM}) {
        injector::forget();
        {
          pool_type p;
          injector::arm({at, {code, false}});
          uses(p);
          happened = !injector::failed.empty();
          if (happened && effect_of(injector::failed[0]) == effect::unmaps) continue;
          injector::disarm();
          std::vector<stack_memory> all;
          while (const auto one = p.acquire()) all.push_back(*one);
          for (const stack_memory& each : all) fill({each.base, each.bytes}, 1);
          test_environment::check(all.size() == p.stacks(), "every stack is there, and writable");
          for (const stack_memory& each : all) p.release(each);
        }
        test_environment::check(injector::mapped.all().empty(), "nothing is left mapped");
      }
  });
}

}  // namespace
}  // namespace quire::test
