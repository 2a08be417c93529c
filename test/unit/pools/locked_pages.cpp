// SPDX-License-Identifier: BSL-1.0
// Guard markers in a process that has locked pages by itself: the kernel refuses them there.
#include <cstddef>
#include <sys/mman.h>
#include <vector>

#include <quire/platform/linux.hpp>
#include <quire/recycling/none.hpp>
#include <quire/stack_pool.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
using guarded = linux_allocator::with_protection<protection::guarded<4096, 4096>>;
template <class Recycling>
using marked = pool<guarded, Recycling, bounds::guard_markers>;

constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };

const char* no_locked_markers() {
  const char* const reason = no_locking();
  return reason != nullptr ? reason : no_guard_markers();
}

/// Takes every slot and looks at its bounds, its zeros, and what a user can do in it.
template <class Pool>
void use_every_slot(Pool& p) {
  std::vector<typename Pool::memory> all;
  while (auto m = p.acquire(pages{2})) all.push_back(std::move(*m));
  check(all.size() == p.slots(), "every slot can be had");
  for (auto& m : all) {
    expect_inaccessible<test_environment>(m.data() - 1, fault::either);
    expect_inaccessible<test_environment>(m.data() + m.bytes().size(), fault::either);
    check(all_zero(m.bytes()), "it is zero");
    fill(m.bytes(), 1);
    check(m.shrink(pages{1}).has_value() && m.grow(pages{3}).has_value(), "it shrinks and grows");
    check(all_zero(m.bytes().subspan(65536)) && holds(m.bytes().first(65536), 1), "by zeros");
    fill(m.bytes(), 1);
  }
  all.clear();
  check(p.statistics().retired == 0, "no slot is retired");
}

TEMPLATE_TEST_CASE("every slot with guard markers can be had after mlockall", "[pool]", r::zero_high_water,
                   r::zero_dirty, r::decommit) {
  if (const char* const reason = no_locked_markers()) return skip(reason);
  test_environment::run_isolated("mlockall", [] {
    marked<TestType> p;
    check(p.open({.slots = 70, .maximum = pages{4}}).has_value(), "open");
    auto before = p.acquire(pages{4});
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return report_skip("locking is not permitted");
    fill(before->bytes(), 1);
    check(before->shrink(pages{3}).has_value(), "a memory that was there before shrinks");
    std::vector<typename marked<TestType>::memory> all;
    while (auto m = p.acquire(pages{1})) all.push_back(std::move(*m));
    check(all.size() == 69, "every other slot can be had");
    all.clear();
    for (int round = 0; round != 2; ++round) {
      marked<TestType> later;
      check(later.open({.slots = 70, .maximum = pages{4}}).has_value(), "a pool that is opened afterwards");
      use_every_slot(later);
      (void)::munlockall();
      use_every_slot(later);
    }
  });
}

TEST_CASE("every slot serves its next users when pages were locked and unlocked", "[pool]") {
  if (const char* const reason = no_locked_markers()) return skip(reason);
  test_environment::run_isolated("mlockall and munlockall", [] {
    marked<r::zero_dirty> p;
    check(p.open({.slots = 70, .maximum = pages{4}}).has_value(), "open");
    for (int round = 0; round != 3; ++round) {
      use_every_slot(p);
      if (::mlockall(MCL_CURRENT) != 0) return report_skip("locking is not permitted");
      use_every_slot(p);
      (void)::munlockall();
    }
  });
}

TEST_CASE("a slot in which a user has locked a page is not retired", "[pool]") {
  if (const char* const reason = no_locked_markers()) return skip(reason);
  test_environment::run_isolated("mlock", [] {
    marked<r::zero_high_water> p;
    check(p.open({.slots = 1, .maximum = pages{4}}).has_value(), "open");
    for (const std::size_t locked : {0U, 1U, 3U}) {
      {
        auto m = p.acquire(pages{4});
        if (::mlock(m->data() + locked * 65536, 4096) != 0) return report_skip("locking is not permitted");
        fill(m->bytes(), 1);
        check(m->shrink(pages{1}).has_value(), "it shrinks");
      }
      check(p.statistics().retired == 0, "the slot is free");
      const auto smaller = p.acquire(pages{locked == 0 ? 0U : 1U});
      check(smaller && all_zero(smaller->bytes()), "and serves a smaller memory");
    }
  });
}

TEST_CASE("every stack can be had after mlockall", "[stacks]") {
  if (const char* const reason = no_locked_markers()) return skip(reason);
  test_environment::run_isolated("mlockall", [] {
    stack_pool<linux_allocator, r::none> p;
    check(p.open({.stacks = 200, .bytes = 16384}).has_value(), "open");
    const auto first = p.acquire();
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return report_skip("locking is not permitted");
    std::vector<stack_memory> all{*first};
    while (const auto one = p.acquire()) all.push_back(*one);
    check(all.size() == 200, "all of them");
    for (const stack_memory& each : all) {
      fill({each.base, each.bytes}, 1);
      expect_inaccessible<test_environment>(each.base - 1, fault::either);
      p.release(each);
    }
    p.trim(4096);
    check(p.close().has_value(), "close");
  });
}

}  // namespace
}  // namespace quire::test
