// SPDX-License-Identifier: BSL-1.0
// The layout that follows from the requests of policies, and the contract that follows from the layout.
#include <array>
#include <cstdint>

#include <quire/all_of.hpp>
#include <quire/fallback.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "support/catch/catch.hpp"
#include "support/page_units.hpp"

namespace quire {
namespace {

constexpr std::size_t page = 4096;

/// The layout for a store without a reserve granule of its own.
constexpr layout plan_for(const geometry& g, std::size_t capacity) { return plan(g, capacity, {page, 1}); }

TEST_CASE("without requests the layout is the capacity rounded up to pages", "[plan]") {
  constexpr layout l = plan_for({}, 65536);
  STATIC_REQUIRE(l.before == 0);
  STATIC_REQUIRE(l.reserved == 65536);
  STATIC_REQUIRE(l.after == 0);
  STATIC_REQUIRE(l.alignment == 65536);
  STATIC_REQUIRE(l.total() == 65536);
  STATIC_REQUIRE(plan_for({}, 65537).reserved == 65536 + page);
  STATIC_REQUIRE(plan_for({}, 0).total() == page);  // an empty memory also has a base
}

TEST_CASE("bytes that the system reserves in excess become guard", "[plan]") {
  constexpr layout l = plan({}, 65536, {page, 2_MiB});
  STATIC_REQUIRE(l.total() == 2_MiB);
  STATIC_REQUIRE(l.reserved == 65536);
  STATIC_REQUIRE(l.after == 2_MiB - 65536);
}

TEST_CASE("guards lie outside the capacity", "[plan]") {
  constexpr geometry g = [] {
    geometry wanted;
    wanted.want_guards(1, 5000);
    return wanted;
  }();
  constexpr layout l = plan_for(g, 65536);
  STATIC_REQUIRE(l.before == 65536);  // the guard before is rounded up to the alignment of the base
  STATIC_REQUIRE(l.reserved == 65536);
  STATIC_REQUIRE(l.after == 8192);
  STATIC_REQUIRE(plan_for(g, 0).reserved == 0);
}

TEST_CASE("the whole reach of an index is reserved even for a small capacity", "[plan]") {
  constexpr geometry g = [] {
    geometry wanted;
    protection::index_space<>::shape(wanted);
    return wanted;
  }();
  STATIC_REQUIRE(g.reach == 8_GiB + 64);
  STATIC_REQUIRE(g.index_span == 4_GiB);
  STATIC_REQUIRE(plan_for(g, 65536).reserved == 8_GiB + page);
  STATIC_REQUIRE(plan_for(g, 16_GiB).reserved == 16_GiB);
}

TEST_CASE("huge page blocks round guards and reservation and alignment up", "[plan]") {
  constexpr geometry g = [] {
    geometry wanted;
    page_size::explicit_huge<2_MiB>::shape(wanted);
    protection::guarded<>::shape(wanted);
    return wanted;
  }();
  constexpr layout l = plan_for(g, 65536);
  STATIC_REQUIRE(l.before == 2_MiB);
  STATIC_REQUIRE(l.reserved == 2_MiB);
  STATIC_REQUIRE(l.after == 2_MiB);
  STATIC_REQUIRE(l.alignment == 2_MiB);
}

TEST_CASE("the order of policies does not change the geometry", "[plan]") {
  geometry forwards, backwards;
  protection::guarded<1, 2>::shape(forwards);
  protection::index_space<30, 10>::shape(forwards);
  protection::index_space<30, 10>::shape(backwards);
  protection::guarded<1, 2>::shape(backwards);
  CHECK(forwards == backwards);
}

TEST_CASE("a layout never exceeds the capacity plus the overhead", "[plan]") {
  for (const std::size_t before : {0_KiB, 1_KiB, 64_KiB, 64_MiB})
    for (const std::size_t alignment : {4_KiB, 64_KiB, 2_MiB})
      for (const std::size_t capacity : {0_KiB, 64_KiB, 100_KiB, 4_GiB}) {
        geometry g;
        g.want_guards(before, before + 1);
        g.want_alignment(alignment);
        const layout l = plan_for(g, capacity);
        CHECK(l.total() <= capacity + overhead(g, {page, 1}));
        CHECK(l.before >= before);
        CHECK(l.after > before);
        CHECK(l.reserved >= capacity);
        CHECK(l.before % l.alignment == 0);
        CHECK(l.total() % page == 0);
      }
}

TEST_CASE("a reservation with odd_granule_count has an odd number of granules within the overhead", "[plan]") {
  constexpr granules system{page, 2_MiB};
  for (const std::size_t guard : {0_KiB, 64_KiB, 2_MiB, 3_MiB, 64_MiB})
    for (const std::size_t reach : {0_GiB, 8_GiB})
      for (const std::size_t capacity : {0_KiB, 64_KiB, 1984_KiB, 2_MiB, 3_MiB, 4_MiB, 6_MiB, 1_GiB, 4_GiB}) {
        geometry g;
        g.want_guards(guard, guard);
        g.reach = reach;
        const layout even = plan(g, capacity, system);
        g.odd_granule_count = true;
        const layout odd = plan(g, capacity, system);
        CHECK(odd.total() % 2_MiB == 0);
        CHECK(odd.total() / 2_MiB % 2 == 1);
        CHECK(odd.total() - even.total() == (even.total() / 2_MiB % 2 == 1 ? 0_MiB : 2_MiB));
        CHECK(odd.total() <= capacity + static_cast<std::size_t>(g.reach) + overhead(g, system));
        CHECK(odd.before == even.before);
        CHECK(odd.reserved == even.reserved);
      }
}

constexpr contract_t of_linux = linux_allocator::contract;

TEST_CASE("the contract follows from the policies", "[contract]") {
  STATIC_REQUIRE(of_linux.guard_before >= 64_KiB);
  STATIC_REQUIRE(of_linux.guard_after >= 64_KiB);
  STATIC_REQUIRE(of_linux.reach >= of_linux.guard_after);
  STATIC_REQUIRE(of_linux.fault == fault::accerr);
  STATIC_REQUIRE(of_linux.exact_bound);
  STATIC_REQUIRE(of_linux.zero_on_grow);
  STATIC_REQUIRE(of_linux.releasable);
  STATIC_REQUIRE_FALSE(of_linux.base_may_move);
  STATIC_REQUIRE_FALSE(of_linux.success_is_memory);
  STATIC_REQUIRE_FALSE(of_linux.failure_is_error);
  STATIC_REQUIRE_FALSE(of_linux.base_bits_change_on_reset);
  STATIC_REQUIRE(wasm_linux_allocator::contract.reach >= 8_GiB + 64);
  STATIC_REQUIRE(checked_linux_allocator::contract.guard_before >= 64_MiB);
  STATIC_REQUIRE(posix_allocator::contract.fault == fault::either);

  using unguarded = linux_allocator::with_protection<protection::unguarded>;
  STATIC_REQUIRE(unguarded::contract.guard_before == 0);
  STATIC_REQUIRE(unguarded::contract.guard_after == 0);
  STATIC_REQUIRE(linux_allocator::with_residency<residency::populated>::contract.success_is_memory);
  STATIC_REQUIRE(linux_allocator::with_residency<residency::locked>::contract.success_is_memory);
}

TEST_CASE("the base is a multiple of what protection::aligned asks for", "[plan]") {
  using protection::aligned, protection::guarded;
  using in_32_mib = linux_allocator::with_protection<all_of<aligned<32_MiB>, guarded<>>>;
  STATIC_REQUIRE((in_32_mib::contract.alignment == 32_MiB && in_32_mib::contract.guard_before >= 65536));
  STATIC_REQUIRE(linux_allocator::contract.alignment == 65536);
  STATIC_REQUIRE(linux_allocator::with_protection<aligned<1>>::contract.alignment == 65536);
  std::array<in_32_mib, 3> all;
  for (in_32_mib& a : all) {
    REQUIRE(a.allocate(pages{1}, pages{16}));
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 32_MiB == 0);
    CHECK(a.zone_of(a.data() - 1) == zone::guard_before);
    CHECK(a.grow(pages{15}));
  }
}

TEST_CASE("an allocator plans the reservation that it makes", "[plan]") {
  constexpr layout l = linux_allocator::plan(pages{3});
  STATIC_REQUIRE((l.before == 65536 && l.reserved >= 3 * 65536 && l.after >= 65536));
  STATIC_REQUIRE(wasm_linux_allocator::plan(pages{1}).total() >= 8_GiB);
  STATIC_REQUIRE(linux_allocator::plan(pages{UINT64_MAX}).total() <= max_bytes);
  linux_allocator a;
  REQUIRE(a.allocate(pages{1}, pages{3}));
  CHECK(a.reserved() == l.reserved);
  CHECK(a.zone_of(a.data() - l.before) == zone::guard_before);
  CHECK(a.zone_of(a.data() + l.reserved + l.after - 1) == zone::guard_after);
}

TEST_CASE("the bound is exact where the page unit is a multiple of the commit granule", "[contract]") {
  STATIC_REQUIRE(huge_linux_allocator::contract.exact_bound);
  constexpr std::size_t largest = backing::linux_mmap<>::largest_page;
  STATIC_REQUIRE(linux_allocator::with_page_size<test::in_units<largest>>::contract.exact_bound);
  STATIC_REQUIRE_FALSE(linux_allocator::with_page_size<test::in_units<largest / 2>>::contract.exact_bound);
  STATIC_REQUIRE_FALSE(linux_allocator::with_page_size<test::in_units<1>>::contract.exact_bound);
  STATIC_REQUIRE_FALSE(linux_allocator::with_page_size<page_size::explicit_huge<2_MiB>>::contract.exact_bound);
  using in_blocks = page_size::transparent_huge<page_size::in_blocks>;
  STATIC_REQUIRE_FALSE(linux_allocator::with_page_size<in_blocks>::contract.exact_bound);
}

TEST_CASE("the contract of a fallback is the weakest of its candidates", "[contract]") {
  using from_pool = linux_allocator::with_page_size<page_size::explicit_huge<2_MiB>>;
  constexpr contract_t c = fallback<from_pool, huge_linux_allocator>::contract;
  STATIC_REQUIRE_FALSE(c.exact_bound);        // because of the pool
  STATIC_REQUIRE_FALSE(c.success_is_memory);  // because of the other candidate
  STATIC_REQUIRE(c == weaker_of(from_pool::contract, huge_linux_allocator::contract));
  constexpr contract_t strong{8, 8, 8, 8, fault::accerr, true, false, true, true, true, true, false, false};
  constexpr contract_t weak{4, 6, 2, 1, fault::maperr, false, true, false, false, false, false, true, true};
  constexpr contract_t weakest{4, 6, 2, 1, fault::either, false, true, false, false, false, false, true, true};
  STATIC_REQUIRE(weaker_of(strong, weak) == weakest);
  STATIC_REQUIRE(weaker_of(weak, strong) == weakest);
  STATIC_REQUIRE(weaker_of(strong, strong) == strong);
}

}  // namespace
}  // namespace quire
