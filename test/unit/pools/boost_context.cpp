// SPDX-License-Identifier: BSL-1.0
// The fibres of Boost.Context on stacks of a pool.
#include <algorithm>
#include <array>
#include <boost/context/continuation.hpp>
#include <boost/context/fiber.hpp>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

#include <quire/engine/boost_context.hpp>
#include <quire/platform/linux.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/stack_cache.hpp>
#include <quire/stack_pool.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/process/child.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
using boost::context::fiber;
using boost::context::stack_context;
using engine::boost_stack_allocator;
using stacks = stack_pool<linux_allocator, r::none>;
constexpr std::size_t kib = 1024;

// Boost moves the allocator in a function that must not throw.
static_assert(std::is_nothrow_copy_constructible_v<boost_stack_allocator<stacks>>);

fiber suspend(fiber&& other) { return std::move(other).resume(); }

/// The number of the stack that the caller runs on.
template <class Pool>
std::uint32_t own_stack(const Pool& p) noexcept {
  const char here = 0;
  const std::optional<found_stack> found = p.find(&here);
  return found && found->live && !found->overflow ? found->number : UINT32_MAX;
}

TEST_CASE("fibres take turns, each on a stack of its own, and leave it to the next", "[stacks][boost_context]") {
  constexpr std::uint32_t many = 200;
  constexpr int turns = 3, rounds = 2;
  stacks p;
  REQUIRE(p.open({.stacks = many, .bytes = 64 * kib}));
  const boost_stack_allocator allocator(p);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::uint32_t> users(many, 0), taken(many, 0);
    std::vector<fiber> all;
    for (std::uint32_t i = 0; i < many; ++i)
      all.emplace_back(std::allocator_arg, allocator, [&, i](fiber&& others) {
        const std::uint32_t stack = own_stack(p);
        if (stack < many) ++users[stack];
        for (int turn = 0; turn < turns; ++turn) {
          others = suspend(std::move(others));
          if (own_stack(p) == stack) ++taken[i];
        }
        return std::move(others);
      });
    CHECK(p.live() == many);
    for (int turn = 0; turn <= turns; ++turn)
      for (fiber& each : all) each = std::move(each).resume();
    CHECK(std::none_of(all.begin(), all.end(), [](const fiber& each) { return bool(each); }));
    CHECK(users == std::vector<std::uint32_t>(many, 1));
    CHECK(taken == std::vector<std::uint32_t>(many, turns));
    CHECK(p.live() == 0);
  }
  CHECK(p.acquire()->use == rounds);
}

TEST_CASE("fibres of one thread leave their stacks to its cache", "[stacks][boost_context]") {
  stacks p;
  REQUIRE(p.open({.stacks = 100, .bytes = 64 * kib}));
  {
    stack_cache kept(p);
    const boost_stack_allocator allocator(kept);
    for (int round = 0; round < 3; ++round) {
      std::vector<std::uint32_t> users(100, 0);
      std::vector<fiber> all;
      for (int i = 0; i < 100; ++i)
        all.emplace_back(std::allocator_arg, allocator, [&](fiber&& others) {
          if (const std::uint32_t stack = own_stack(p); stack < 100) ++users[stack];
          return std::move(others);
        });
      for (fiber& each : all) each = std::move(each).resume();
      CHECK(users == std::vector<std::uint32_t>(100, 1));
    }
    CHECK(p.live() != 0);
  }
  CHECK(p.live() == 0);
}

TEST_CASE("a continuation runs on a stack of the pool", "[stacks][boost_context]") {
  using boost::context::continuation;
  stacks p;
  REQUIRE(p.open({.stacks = 1, .bytes = 64 * kib}));
  std::uint32_t stack = UINT32_MAX;
  continuation c = boost::context::callcc(std::allocator_arg, boost_stack_allocator(p), [&](continuation&& caller) {
    stack = own_stack(p);
    return std::move(caller).resume();
  });
  CHECK((stack == 0 && p.live() == 1));
  c = std::move(c).resume();
  CHECK((!c && p.live() == 0));
}

TEST_CASE("a pool without a stack refuses a fibre with bad_alloc", "[stacks][boost_context]") {
  stacks p;
  const boost_stack_allocator allocator(p);
  const auto begin = [&] { return fiber(std::allocator_arg, allocator, suspend); };
  CHECK_THROWS_AS(begin(), std::bad_alloc);
  REQUIRE(p.open({.stacks = 2, .bytes = 64 * kib}));
  fiber first = begin();
  {
    const fiber second = begin();
    CHECK_THROWS_AS(begin(), std::bad_alloc);
    CHECK(p.live() == 2);
  }
  CHECK(p.live() == 1);
  const fiber third = begin();
  CHECK(p.live() == 2);
}

TEST_CASE("a fibre that is destroyed unfinished is unwound, and its stack returns", "[stacks][boost_context]") {
  stacks p;
  REQUIRE(p.open({.stacks = 1, .bytes = 64 * kib}));
  bool unwound = false, finished = false;
  {
    fiber f(std::allocator_arg, boost_stack_allocator(p), [&](fiber&& other) {
      const auto leave = [&](const int*) { unwound = true; };
      const int local = 0;
      const std::unique_ptr<const int, decltype(leave)> held(&local, leave);
      other = suspend(std::move(other));
      finished = true;
      return std::move(other);
    });
    f = std::move(f).resume();
    CHECK((p.live() == 1 && !unwound));
  }
  CHECK((p.live() == 0 && unwound && !finished));
}

TEST_CASE("a fibre that one thread begins and another ends returns its stack", "[stacks][boost_context][threads]") {
  stacks p;
  REQUIRE(p.open({.stacks = 1, .bytes = 64 * kib}));
  for (int round = 0; round < 100; ++round) {
    fiber f;
    std::thread([&] {
      f = fiber(std::allocator_arg, boost_stack_allocator(p), suspend);
      f = std::move(f).resume();
    }).join();
    CHECK((f && p.live() == 1));
    std::thread([&] { f = std::move(f).resume(); }).join();
    CHECK((!f && p.live() == 0));
  }
}

TEMPLATE_TEST_CASE("a recycling policy wipes what a fibre leaves on its stack", "[stacks][boost_context]",
                   r::zero_dirty, r::zero_all) {
  stack_pool<linux_allocator, TestType> p;
  REQUIRE(p.open({.stacks = 1, .bytes = 64 * kib}));
  std::byte* secret = nullptr;
  constexpr std::size_t length = 20'000;
  fiber f(std::allocator_arg, boost_stack_allocator(p), [&](fiber&& other) {
    std::array<std::byte, length> local;
    secret = local.data();
    fill(local, 42);
    return suspend(std::move(other));
  });
  f = std::move(f).resume();
  CHECK(holds({secret, length}, 42));
  f = std::move(f).resume();
  const stack_memory next = *p.acquire();
  CHECK((secret >= next.base && secret + length <= next.top()));
  CHECK(all_zero({next.base, next.bytes}));
}

TEST_CASE("a context that is not of a stack in use returns none", "[stacks][boost_context]") {
  stacks p, other;
  const boost_stack_allocator allocator(p), of_other(other);
  stack_context none;
  allocator.deallocate(none);  // the pool is not open
  REQUIRE((p.open({.stacks = 2, .bytes = 64 * kib}) && other.open({.stacks = 2, .bytes = 64 * kib})));
  stack_context mine = allocator.allocate(), theirs = of_other.allocate();
  std::byte ordinary[256];
  stack_context bad[] = {theirs, none, mine, mine, mine, mine, mine, mine, mine};
  bad[2].sp = static_cast<std::byte*>(mine.sp) - 16;
  bad[3].size -= 4 * kib;
  bad[4].size += 4 * kib;
  bad[5].size = SIZE_MAX;
  bad[6].sp = std::end(ordinary);
  bad[7].size = 0;
  bad[8].sp = static_cast<std::byte*>(mine.sp) + 16;
  for (stack_context& each : bad) {
    const stack_context before = each;
    allocator.deallocate(each);
    CHECK((each.sp == before.sp && each.size == before.size));
    CHECK((p.live() == 1 && other.live() == 1));
  }
  const stack_context stale = mine;
  allocator.deallocate(mine);
  of_other.deallocate(theirs);
  CHECK((p.live() == 0 && other.live() == 0 && mine.sp == nullptr));
  stack_context again = stale;
  allocator.deallocate(again);
  CHECK((again.sp == stale.sp && p.live() == 0));
  stack_context next = allocator.allocate(), last = allocator.allocate();
  allocator.deallocate(mine);  // another user may have the stack by now
  CHECK((next.sp != last.sp && p.live() == 2));
  allocator.deallocate(next);
  allocator.deallocate(last);
  CHECK(p.close());
}

const stacks* watched = nullptr;
std::uint32_t overflowing = UINT32_MAX;

extern "C" void on_overflow(int, siginfo_t* info, void*) {
  report_check(watched->find(info->si_addr) == found_stack{overflowing, true, true},
               "the pool tells which stack it was", std::source_location::current());
  ::_exit(0);
}

/// Frames are smaller than the guard. Each is used by the next, so that no compiler turns the calls into a loop.
[[gnu::noinline]] unsigned descend(const volatile unsigned char* above, unsigned frames) {
  volatile unsigned char frame[kib];
  frame[0] = *above;
  return frames == 0 ? frame[0] : descend(frame, frames - 1) + frame[0];
}

void overflow_a_stack() {
  static std::byte stack_of_handler[64 * kib];
  stack_t spare{};
  spare.ss_sp = stack_of_handler;
  spare.ss_size = sizeof stack_of_handler;
  struct sigaction action{};
  action.sa_sigaction = on_overflow;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  stacks p;
  if (::sigaltstack(&spare, nullptr) != 0 || ::sigaction(SIGSEGV, &action, nullptr) != 0 ||
      !p.open({.stacks = 8, .bytes = 64 * kib}))
    return;
  watched = &p;
  const boost_stack_allocator allocator(p);
  const fiber above(std::allocator_arg, allocator, suspend), middle(std::allocator_arg, allocator, suspend);
  (void)fiber(std::allocator_arg, allocator, [&](fiber&& other) {
    overflowing = own_stack(p);
    const unsigned char first = 0;
    (void)descend(&first, UINT_MAX);
    return std::move(other);
  }).resume();
}

TEST_CASE("a fibre that overflows its stack faults in the guard, and the pool tells which", "[stacks][boost_context]") {
  const child_report got = run_in_child(overflow_a_stack);
  CHECK((got.checks == 1 && got.failures == 0));
  CHECK((!got.finished && got.signal == 0));  // the handler ended the child
}

}  // namespace
}  // namespace quire::test
