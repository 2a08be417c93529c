// SPDX-License-Identifier: BSL-1.0
// What one user does and the next must not notice: marks, resets, failures at the wrong moment, writes that are
// watched.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <quire/backing/recycled.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>
#include <quire/stack_pool.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/fakes/older_kernel.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
constexpr std::size_t wasm_page = 65536;

template <class R>
pool<linux_allocator, R> one_slot() {
  pool<linux_allocator, R> made;
  REQUIRE(made.open({.slots = 1, .maximum = pages{16}}));
  return made;
}

TEST_CASE("a high-water mark ends with a reset also of an empty memory", "[pool]") {
  auto p = one_slot<r::zero_high_water>();
  const auto dirty = [&](std::uint64_t initial, std::uint64_t then) {
    auto m = p.acquire(pages{initial});
    m->set_high_water_mark(0);
    REQUIRE(m->reset(pages{then}));
    REQUIRE(m->grow(pages{1}));
    fill(m->bytes(), 1);
  };
  for (std::uint64_t initial = 0; initial != 3; ++initial)
    for (std::uint64_t then = 0; then != 3; ++then) {
      dirty(initial, then);
      CHECK(all_zero(p.acquire(pages{4})->bytes()));
    }
  with_recycling<linux_allocator, r::zero_high_water> alone;
  REQUIRE(alone.allocate(pages{1}, pages{4}));
  alone.set_high_water_mark(0);
  REQUIRE((alone.reset(pages{0}) && alone.grow(pages{2})));
  fill(alone.bytes(), 1);
  REQUIRE(alone.reset(pages{2}));
  CHECK(all_zero(alone.bytes()));
}

TEST_CASE("the bytes that stay in memory are never more than the slots have", "[pool]") {
  auto p = one_slot<r::zero_high_water>();
  const auto use = [&](std::uint64_t size, std::size_t written, bool resets) {
    auto m = p.acquire(pages{size});
    fill(m->bytes().first(written), 1);
    m->set_high_water_mark(written);
    if (resets) REQUIRE(m->reset(pages{size}));
    if (resets) m->set_high_water_mark(0);
  };
  use(16, 16 * wasm_page, true);
  CHECK(p.statistics().resident == 16 * wasm_page);  // what the reset left in memory
  for (int i = 0; i < 50; ++i) use(1, 100, false);
  CHECK(p.statistics().resident <= 16 * wasm_page);
  CHECK(p.trim() <= 16 * wasm_page);
  CHECK(p.statistics().resident == 0);
}

TEST_CASE("a write that userfaultfd watches is cleared as any other", "[pool]") {
  auto p = one_slot<r::zero_dirty>();
  const auto handle = static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC));
  uffdio_api api{UFFD_API, UFFD_FEATURE_PAGEFAULT_FLAG_WP, 0};
  if (handle < 0 || ::ioctl(handle, UFFDIO_API, &api) != 0) return skip("userfaultfd cannot protect writes here");
  {
    auto m = p.acquire(pages{1});
    fill(m->bytes(), 1);
    const auto begin = reinterpret_cast<std::uintptr_t>(m->data());
    uffdio_register watched{{begin, wasm_page}, UFFDIO_REGISTER_MODE_WP, 0};
    uffdio_writeprotect protects{{begin, wasm_page}, UFFDIO_WRITEPROTECT_MODE_WP};
    if (::ioctl(handle, UFFDIO_REGISTER, &watched) != 0 || ::ioctl(handle, UFFDIO_WRITEPROTECT, &protects) != 0)
      return skip("userfaultfd cannot protect writes here");
    (void)::ioctl(handle, UFFDIO_UNREGISTER, &watched.range);  // else clearing would wait for an answer
  }
  ::close(handle);
  CHECK(all_zero(p.acquire(pages{1})->bytes()));
}

TEST_CASE("adaptive recycling chooses by what users write and counts its choices", "[pool]") {
  pool<linux_allocator, r::adaptive> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{16}}));
  const auto use = [&](std::size_t from, std::size_t bytes, bool marks) {
    auto m = p.acquire(pages{16});
    fill(m->bytes().subspan(from, bytes), 1);
    if (marks) m->set_high_water_mark(from + bytes);
  };
  use(0, 16 * wasm_page, false);
  const auto states = p.recycling_states();
  REQUIRE(!states.empty());
  const r::adaptive::state& s = states[0];
  for (int i = 0; i < 3; ++i) use(0, 16 * wasm_page, false);
  CHECK((s.as_a_whole >= 2 && s.given_back == 0));  // all pages are there, and all are written
  for (int i = 0; i < 200 && s.given_back == 0; ++i) use(4096, 100, false);
  CHECK(s.given_back == 1);  // all pages are there, and few are written
  use(0, 5000, true);
  CHECK(s.by_mark == 1);
}

TEST_CASE("adaptive recycling scans memories that are partly resident and clears small ones whole", "[pool]") {
  pool<linux_allocator, r::adaptive> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{16}}));
  for (int i = 0; i < 5; ++i) fill(p.acquire(pages{16})->bytes().subspan(4096, 5000), 1);
  const r::adaptive::state& s = p.recycling_states()[0];
  CHECK(s.by_scan + s.given_back == 5);  // given back where this kernel cannot scan
  CHECK((s.by_scan == 0 || p.statistics().resident == 8192));
  for (int i = 0; i < 5; ++i) fill(p.acquire(pages{1})->bytes(), 1);
  CHECK(s.as_a_whole == 5);
}

/// What is remembered of a slot after five users that write one page each, and one that reads.
template <class A>
r::adaptive::state after_some_users(std::uint64_t pages_of_a_memory) {
  pool<A, r::adaptive> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{pages_of_a_memory}}));
  for (int i = 0; i < 5; ++i) fill(p.acquire(pages{pages_of_a_memory})->bytes().subspan(wasm_page, 100), 1);
  CHECK(all_zero(p.acquire(pages{pages_of_a_memory})->bytes().first(2 * wasm_page)));
  return p.recycling_states()[0];
}

TEST_CASE("before Linux 6.7 written pages are found in the page map, up to 64 MiB", "[pool]") {
  using older_linux = linux_allocator::with_backing<backing::linux_mmap<older_kernel>>;
  if (calls::linux_kernel::page_bytes() != 4096) return skip("the sizes are for pages of 4 KiB");
  if (after_some_users<linux_allocator>(1024).by_scan == 0 && after_some_users<older_linux>(1024).by_scan == 0)
    return skip("this process may not read its page map");
  CHECK(after_some_users<older_linux>(1024).by_scan == 6);
  CHECK(after_some_users<older_linux>(1025).by_scan == 0);
  CHECK(after_some_users<older_linux>(1025).given_back == 6);
}

using failing_pool_type = pool<linux_allocator::with_backing<failing_store>, r::zero_high_water>;
using injector = failing_store::calls::watcher;

/// The next calls fail with EPERM, completely or halfway.
void fail_next(bool halfway) { injector::arm({0, {EPERM, halfway}}, {1, {EPERM, halfway}}); }

TEST_CASE("a memory whose shrink was refused halfway can be opened again and is clean for the next user", "[pool]") {
  test_environment::run_isolated("a failed shrink", [] {
    failing_pool_type p;
    test_environment::check(p.open({.slots = 1, .maximum = pages{64}}).has_value(), "open");
    for (const bool resets : {false, true}) {
      auto m = p.acquire(pages{48});
      fill(m->bytes(), 1);
      fail_next(true);
      const bool shrunk = m->shrink(pages{40}).has_value();  // more than 2 MiB: mprotect comes first
      injector::disarm();
      test_environment::check(!shrunk, "the shrink is refused");
      test_environment::check(m->shrink(pages{1}).has_value(), "a smaller one succeeds");
      if (resets) {
        test_environment::check(m->reset(pages{4}).has_value() && all_zero(m->bytes()), "and so does a reset");
      } else if constexpr (can_protect<failing_pool_type::memory>) {
        test_environment::check(m->protect(0, m->size(), access::read_write).has_value(), "access can be restored");
        fill(m->bytes(), 2);
      }
    }
    test_environment::check(all_zero(p.acquire(pages{48})->bytes()), "the next user finds zeros");
  });
}

TEST_CASE("a memory with a recycling whose shrink was refused halfway can be reset", "[pool]") {
  test_environment::run_isolated("a failed shrink", [] {
    with_recycling<linux_allocator::with_backing<failing_store>, r::zero_all> m;
    test_environment::check(m.allocate(pages{48}, pages{64}).has_value(), "allocate");
    fill(m.bytes(), 1);
    fail_next(true);
    const bool shrunk = m.shrink(pages{40}).has_value();
    injector::disarm();
    test_environment::check(!shrunk, "the shrink is refused");
    test_environment::check(m.reset(pages{48}).has_value() && all_zero(m.bytes()), "a reset opens and clears it");
  });
}

TEST_CASE("a slot that cannot be closed leaves the others to their users", "[pool]") {
  failing_pool_type p;
  REQUIRE(p.open({.slots = 4, .maximum = pages{4}}));
  (void)p.acquire(pages{4});
  injector::arm({0, {EPERM, false}});
  const auto smaller = p.acquire(pages{1});  // the slot that was used cannot be closed, another can be had
  injector::disarm();
  CHECK(smaller);
  CHECK(p.statistics().retired == 1);
  std::vector<failing_pool_type::memory> all;
  while (auto m = p.acquire(pages{4})) all.push_back(std::move(*m));
  CHECK((all.size() == 3 && p.statistics().retired == 0));  // the one that was refused can be closed now
}

TEST_CASE("threads that come at once are not refused while slots are made ready", "[pool][threads]") {
  using guarded = linux_allocator::with_protection<protection::guarded<4096, 4096>>;
  std::atomic<int> refused = 0;
  for (int round = 0; round < 50; ++round) {
    pool<guarded, r::decommit, bounds::guard_markers> p;
    REQUIRE(p.open({.slots = 4, .maximum = pages{1}}));
    std::atomic<int> waiting{4};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        --waiting;
        while (waiting != 0) std::this_thread::yield();
        if (!p.acquire(pages{1})) ++refused;
      });
    for (std::thread& t : threads) t.join();
  }
  CHECK(refused == 0);
}

TEST_CASE("threads that never have all slots are never refused", "[pool][threads]") {
  pool<linux_allocator, r::zero_high_water> p;
  REQUIRE(p.open({.slots = 4, .maximum = pages{1}}));
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      for (std::uint64_t round = 0; round < 20'000; ++round) {
        auto m = p.acquire(pages{1}, std::nullopt, id * round);  // any stack, so that slots wander
        if (!m) ++refused;
        if (m) m->set_high_water_mark(0);
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(refused == 0);
}

TEST_CASE("a stack that was returned is not returned again by an old handle", "[stacks]") {
  stack_pool<linux_allocator, r::none> p;
  REQUIRE(p.open({.stacks = 2, .bytes = 4096}));
  const stack_memory old = *p.acquire();
  p.release(old);
  const stack_memory now = *p.acquire();
  REQUIRE(now.base == old.base);
  p.release(old);
  p.release({});
  p.release({now.base, now.bytes, 77, 0});
  CHECK((p.live() == 1 && p.acquire()->base != now.base));
  p.release(now);
  stack_pool<linux_allocator, r::none> closed;
  closed.release(now);
}

TEST_CASE("the first stack of a batch has a guard although those of the batch before were refused", "[stacks]") {
  using failing_stacks = stack_pool<linux_allocator::with_backing<failing_store>, r::none>;
  test_environment::run_isolated("guards", [] {
    failing_stacks p;
    test_environment::check(p.open({.stacks = 200, .bytes = 4096, .guard = 4096}).has_value(), "open");
    injector::arm({0, {ENOMEM, false}}, {1, {ENOMEM, false}});  // both ways of setting the guards of the first batch
    auto first = p.acquire();
    injector::disarm();
    std::vector<stack_memory> all;
    if (first) all.push_back(*first);
    while (const auto one = p.acquire()) all.push_back(*one);
    test_environment::check(all.size() == 200, "every stack is handed out");
    for (const stack_memory& each : all) expect_inaccessible<test_environment>(each.base - 1, fault::either);
  });
}

}  // namespace
}  // namespace quire::test
