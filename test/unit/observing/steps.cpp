// SPDX-License-Identifier: BSL-1.0
// Which steps an observer is told of, and what it is told.
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <vector>

#include <quire/all_of.hpp>
#include <quire/backing/concurrent.hpp>
#include <quire/backing/dual_mapped.hpp>
#include <quire/backing/imaged.hpp>
#include <quire/backing/observed.hpp>
#include <quire/basic_jit_memory.hpp>
#include <quire/bounds.hpp>
#include <quire/image.hpp>
#include <quire/mirrored.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/region_allocator.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/populated.hpp>
#include <quire/stack_pool.hpp>
#include <quire/tagging/named.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "support/fakes/permissive_fake_kernel.hpp"
#include "support/fakes/watched_calls.hpp"
#include "unit/observing/hearing.hpp"

namespace quire::test {
namespace {

/// Notes whether calls are made while no step is observed: the clock is read when a step begins, and when it ends.
struct outside {
  static inline bool is_in_step = false;
  static inline std::vector<made_call> made;

  struct clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock>;
    static time_point now() noexcept {
      is_in_step = !is_in_step;
      return {};
    }
  };
  static void saw(const observed_step&) noexcept {}

  static intervention before(const made_call& c) noexcept {
    if (!is_in_step) made.push_back(c);
    return {};
  }
  static void after(const made_call&) noexcept {}
};

using outside_store = backing::observed<backing::linux_mmap<watched_calls<permissive_fake_kernel, outside>>, outside>;
template <class A>
using followed = typename A::template with_backing<outside_store>;

template <class M, class... Given>
void live(Given... given) {
  M m(given...);
  REQUIRE(m.allocate(pages{40}, pages{100}));
  REQUIRE(m.grow(pages{10}));
  m.data()[0] = std::byte{1};
  REQUIRE(m.protect(0, 65536, access::read));
  REQUIRE(m.reset());
  REQUIRE(m.discard(65536, 65536));
  REQUIRE(m.shrink(pages{40}));
  REQUIRE(m.reset(pages{60}));
  REQUIRE(m.deallocate());
  REQUIRE(m.allocate(pages{1}));
}

TEST_CASE("no memory makes a call that is not part of an observed step", "[observing]") {
  outside::made.clear();
  live<followed<linux_allocator>>();
  live<followed<huge_linux_allocator>>();
  live<followed<linux_allocator::with_residency<all_of<residency::populated, residency::excluded_from_dumps>>>>();
  live<followed<linux_allocator::with_tagging<tagging::named<"observed">>>>();
  live<with_concurrent_growth<followed<linux_allocator::with_page_size<page_size::no_huge>>>>();
  CHECK(outside::made.empty());
  CHECK_FALSE(outside::is_in_step);
}

TEST_CASE("no memory of an image makes a call that is not part of an observed step", "[observing]") {
  outside::made.clear();
  using memory = with_images<followed<linux_allocator>>;
  const std::vector<std::byte> contents(200'000, std::byte{7});
  const auto start = memory::image::from(contents);
  REQUIRE(start);
  memory m;
  REQUIRE(m.allocate_from(*start, 0, pages{8}, pages{10}));
  m.data()[1] = std::byte{1};
  REQUIRE(m.reset());
  CHECK(m.data()[1] == std::byte{7});
  REQUIRE(m.discard(0, 65536));
  REQUIRE(m.shrink(pages{7}));
  CHECK(outside::made.empty());
}

/// To open a pool is to count mappings, which is a question, and to open a scanner, which is not a step of pages.
TEST_CASE("no memory of a pool makes a call that is not part of an observed step", "[observing]") {
  pool<followed<linux_allocator>, recycling::zero_dirty> dirty;
  pool<followed<linux_allocator>, recycling::decommit, bounds::guard_markers> marked;
  REQUIRE(dirty.open({.slots = 4, .maximum = pages{8}}));
  REQUIRE(marked.open({.slots = 4, .maximum = pages{8}}));
  outside::made.clear();
  const auto use = [](auto& slots) {
    for (std::size_t size = 1; size < 8; size += 3) {
      auto m = slots.acquire(pages{size});
      REQUIRE(m);
      m->data()[5] = std::byte{1};
      REQUIRE(m->grow(pages{1}));
      REQUIRE(m->reset());
    }
    slots.trim();
  };
  use(dirty);
  use(marked);
  CHECK(outside::made.empty());
}

TEST_CASE("generated code makes no call that is not part of an observed step", "[observing]") {
  using twice = backing::dual_mapped<watched_calls<permissive_fake_kernel, outside>>;
  outside::made.clear();
  {
    basic_jit_memory<linux_allocator::with_backing<backing::observed<twice, outside>>> code;
    auto scope = code.write(100);
    REQUIRE(scope);
    const auto made = scope->finalize();
    REQUIRE(made);
    REQUIRE(code.release(*made));
  }
  CHECK(outside::made.empty());
}

TEST_CASE("neither regions nor mirrored memory make a call that is not part of an observed step", "[observing]") {
  outside::made.clear();
  {
    region_allocator<followed<linux_allocator>> regions;
    const auto made = regions.reserve(1 << 20, {.alignment = std::size_t{4} << 20});
    REQUIRE(made);
    REQUIRE(regions.commit(made->first(65536)));
    REQUIRE(regions.protect(made->first(4096), access::read));
    REQUIRE(regions.discard(made->first(65536)));
    REQUIRE(regions.decommit(made->first(65536)));
    mirrored<followed<linux_allocator>> ring;
    REQUIRE(ring.allocate(65536));
  }
  CHECK(outside::made.empty());
}

// What is told.

using heard = with_observer<linux_allocator, hearing>;

TEST_CASE("an observer is told the operations of a memory with their pages", "[observing]") {
  hearing::take();
  {
    heard m;
    REQUIRE(m.allocate(pages{2}, pages{10}));
    const std::vector<observed_step> made = hearing::take();
    REQUIRE(made.size() == 2);
    CHECK(made[0].at == step::reserve);
    CHECK(made[0].run.base == m.data() - heard::contract.guard_before);
    CHECK(made[0].run.bytes == heard::plan(pages{10}).total());
    CHECK(made[1].at == step::commit);
    CHECK(made[1].run.base == m.data());
    CHECK(made[1].run.bytes == 2 * 65536);
    CHECK_FALSE(made[1].refused());
    CHECK(made[1].took.count() == 0);  // without a clock

    REQUIRE(m.grow(pages{1}));
    const std::vector<observed_step> grown = hearing::take();
    REQUIRE(grown.size() == 1);
    CHECK(grown[0].run.base == m.data() + 2 * 65536);
    REQUIRE(m.protect(0, 65536, access::read));
    CHECK(hearing::take_names() == "protect");
    REQUIRE(m.reset());
    CHECK(hearing::take_names() == "protect discard");
    REQUIRE(m.shrink(pages{1}));
    CHECK(hearing::take_names() == "decommit");
    CHECK_FALSE(m.grow(pages{9}, pages{1}));  // refused by the core: no step
    CHECK(hearing::take_names().empty());
  }
  CHECK(hearing::take_names() == "release");
}

TEST_CASE("an observer is told of a refusal with its step, native code and errc", "[observing]") {
  using injector = failure_injector<hearing>;
  using store = backing::linux_mmap<failing_calls<permissive_fake_kernel, hearing>>;
  linux_allocator::with_backing<backing::observed<store, hearing>> m;
  injector::forget();
  hearing::take();
  injector::arm({0, {ENOMEM, false}});
  const auto refused = m.allocate(pages{1}, pages{2});
  injector::disarm();
  REQUIRE_FALSE(refused);
  const std::vector<observed_step> seen = hearing::take();
  REQUIRE(seen.size() == 1);
  REQUIRE(seen[0].refused());
  CHECK(*seen[0].refused() == refused.error());
  CHECK(seen[0].run.base == nullptr);
  CHECK(seen[0].run.bytes != 0);

  REQUIRE(m.allocate(pages{1}, pages{2}));
  hearing::take();
  injector::arm({0, {ENOMEM, false}});
  CHECK_FALSE(m.grow(pages{1}));
  injector::disarm();
  const std::vector<observed_step> grown = hearing::take();
  REQUIRE_FALSE(grown.empty());  // a kernel may have to undo it
  REQUIRE(grown[0].refused());
  CHECK(*grown[0].refused() == error{errc::out_of_memory, step::commit, ENOMEM});
  CHECK(m.grow(pages{1}));
}

struct ticking {
  static inline std::int64_t ticks = 0;
  static inline observed_step last{};
  struct clock {
    using duration = std::chrono::duration<std::int64_t, std::micro>;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock, duration>;
    static time_point now() noexcept { return time_point(duration(++ticks)); }
  };
  static void saw(const observed_step& one) noexcept { last = one; }
};

TEST_CASE("an observer with a clock is told when a step began and how long it took", "[observing]") {
  with_observer<linux_allocator, ticking> m;
  ticking::ticks = 100;
  REQUIRE(m.allocate(pages{1}, pages{2}));
  CHECK(ticking::ticks == 104);  // two readings for each of two steps
  CHECK(ticking::last.began == std::chrono::microseconds(103));
  CHECK(ticking::last.took == std::chrono::microseconds(1));
}

TEST_CASE("two observers of one memory are told the same", "[observing]") {
  hearing::take();
  with_observer<with_observer<linux_allocator, hearing>, ticking> m;
  REQUIRE(m.allocate(pages{1}, pages{2}));
  const std::vector<observed_step> inner = hearing::take();
  REQUIRE(inner.size() == 2);
  CHECK(std::string(ticking::last.operation) == inner[1].operation);
  CHECK(ticking::last.run.base == inner[1].run.base);
}

// Names of mappings reach what is made of a typedef.

TEST_CASE("pools, stacks, regions and mirrored memory of a named typedef name their mappings", "[observing]") {
  using named = with_observer<linux_allocator::with_tagging<tagging::named<"observed">>::with_backing<
                                  backing::linux_mmap<permissive_fake_kernel>>,
                              hearing>;
  const auto names = [] {
    std::size_t count = 0;
    for (const observed_step& each : hearing::take()) count += std::string(each.operation) == "name";
    return count;
  };
  hearing::take();
  {
    pool<named, recycling::zero_dirty> slots;
    REQUIRE(slots.open({.slots = 2, .maximum = pages{2}}));
    CHECK(names() == 1);  // the reservation of all slots
  }
  {
    stack_pool<named, recycling::decommit> stacks;
    REQUIRE(stacks.open({.stacks = 2, .bytes = 65536}));
    CHECK(names() >= 1);
  }
  hearing::take();
  region_allocator<named> regions;
  REQUIRE(regions.reserve(65536));
  CHECK(names() == 1);
}

}  // namespace
}  // namespace quire::test
