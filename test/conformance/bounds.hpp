// SPDX-License-Identifier: BSL-1.0
#pragma once
// Conformance cases for bounds: which bytes are accessible, which fault, and to which zone each address belongs.
#include "common.hpp"

namespace quire::test {

template <environment S, config M>
void the_accessible_end_is_the_end() {
  using A = typename M::allocator;
  A a = allocated<S, M>(2 * chunk, 8 * chunk);
  for (int round = 0; round < 2; ++round) {
    const std::size_t end = accessible_end(a);
    S::check(!A::contract.exact_bound || end == a.size(), "where the bound is exact the accessible end is the size");
    write_to(a.data() + a.size() - 1);
    fill_behind(a.data() + end - 1, 1, 0x5a);  // the last byte is usable
    if (a.zone_of(a.data() + end) != zone::outside) expect_inaccessible_in<S>(a, end);
    if (end < a.reserved()) expect_inaccessible_in<S>(a, end + (a.reserved() - end) / 2);
    if (end < a.reserved()) expect_inaccessible_in<S>(a, a.reserved() - 1);
    S::check(a.grow(chunks<A>(3)).has_value(), "grow");
  }
}

template <environment S, config M>
void guards_and_reach_fault() {
  using A = typename M::allocator;
  A a = allocated<S, M>(chunk, 2 * chunk);
  S::check(faults<A> || (A::contract.guard_before == 0 && A::contract.guard_after == 0), "guards need faults");
  if constexpr (A::contract.guard_before != 0) {
    expect_inaccessible<S>(a.data() - 1, A::contract.fault);
    expect_inaccessible<S>(a.data() - A::contract.guard_before, A::contract.fault);
  }
  if constexpr (A::contract.guard_after != 0) {
    expect_inaccessible_in<S>(a, a.reserved());
    expect_inaccessible_in<S>(a, a.reserved() + A::contract.guard_after - 1);
  }
  if (A::contract.reach > accessible_end(a))
    expect_inaccessible_in<S>(a, static_cast<std::size_t>(A::contract.reach - 1));
}

template <environment S, config M>
void a_stray_write_leaves_nothing_behind() {
  using A = typename M::allocator;
  A a = allocated<S, M>(chunk, 8 * chunk);
  fill(a.bytes(), 0x77);
  const std::size_t old_size = a.size(), old_end = accessible_end(a);
  if (old_end == old_size) {
    if constexpr (faults<A>) expect_write_fault<S>(a.data() + old_end, A::contract.fault);
  } else {
    fill_behind(a.data() + old_size, old_end - old_size, 0x78);
  }
  while (a.size() < 8 * chunk) S::check(a.grow(chunks<A>(1)).has_value(), "grow");
  S::check(holds(a.bytes().first(old_size), 0x77), "grow keeps what was there");
  S::check(all_zero(a.bytes().subspan(old_size)), "and adds zeros, whatever was tried before");
}

/// Covers sizes that are not a multiple of the system page, or of the block: the bytes up to the accessible end do not
/// fault.
template <environment S, config M>
void an_inexact_bound_is_cleared_by_grow() {
  using A = typename M::allocator;
  using P = typename A::pages;
  if constexpr (!A::contract.exact_bound && faults<A>) {
    A a = allocated<S, M>(A::pages::unit, 20 * chunk);
    for (const std::uint64_t more : {1U, 2U, 1U, 3U, 5U}) {
      const std::size_t size = a.size(), end = accessible_end(a);
      fill(a.bytes(), 0x88);
      fill_behind(a.data() + size, end - size, 0x88);
      if (a.zone_of(a.data() + end) != zone::outside) expect_inaccessible_in<S>(a, end);
      S::check(a.grow(P{more}).has_value(), "grow");
      S::check(holds(a.bytes().first(size), 0x88), "the memory keeps what it had");
      S::check(all_zero(a.bytes().subspan(size)), "what grow hands out is zero");
    }
    for (const access asked : {access::read, access::none}) {
      if (accessible_end(a) - a.size() < A::pages::unit) S::check(a.grow(P{1}).has_value(), "grow into a new page");
      const std::size_t size = a.size(), end = accessible_end(a), from = align_down(size, a.granularity());
      S::check(a.protect(from, end - from, access::read_write).has_value(), "the block of the bound can be opened");
      fill_behind(a.data() + size, end - size, 0x99);
      S::check(a.protect(from, end - from, asked).has_value(), "and closed");
      S::check(a.grow(P{1}).has_value(), "grow");
      S::check(all_zero(a.bytes().subspan(size)), "what grow hands out is zero even there");
      fill(a.bytes().subspan(size), 0x9a);
      S::check(holds(a.bytes().subspan(size), 0x9a), "and read_write");
    }
  }
}

template <environment S, config M>
void every_address_has_a_zone() {
  using A = typename M::allocator;
  A made = allocated<S, M>(2 * chunk, 4 * chunk);
  const A& a = made;
  std::byte* const base = a.data();
  const std::size_t end = accessible_end(a), reserved = a.reserved();
  S::check(a.zone_of(base) == zone::accessible && a.zone_of(base + end - 1) == zone::accessible, "accessible");
  if (end < reserved)
    S::check(a.zone_of(base + end) == zone::reserved && a.zone_of(base + reserved - 1) == zone::reserved, "reserved");
  S::check(a.contains(base) && a.contains(base + a.size() - 1), "contains what is in use");
  S::check(!a.contains(base + a.size()) && !a.contains(base - 1) && !a.contains(nullptr), "and nothing else");

  constexpr auto before = A::contract.guard_before, after = A::contract.guard_after;
  if constexpr (before != 0)
    S::check(a.zone_of(base - 1) == zone::guard_before && a.zone_of(base - before) == zone::guard_before,
             "guard before");
  if constexpr (after != 0)
    S::check(
        a.zone_of(base + reserved) == zone::guard_after && a.zone_of(base + reserved + after - 1) == zone::guard_after,
        "guard after");
  // The contract states bounds for all objects of the typedef; this object's own guards may be a little larger.
  const std::size_t slack = std::size_t{4} << 20;
  if (reinterpret_cast<std::uintptr_t>(base) > before + slack)  // a memory may lie at the lowest addresses
    S::check(a.zone_of(base - before - slack) == zone::outside, "before it all");
  S::check(a.zone_of(base + reserved + after + slack) == zone::outside, "after it all");
  S::check(a.zone_of(nullptr) == zone::outside, "null");
  if (a.zone_of(base - 1) != zone::guard_before) S::check(a.zone_of(base - 1) == zone::outside, "no guard: outside");
}

template <environment S, config M>
void the_contract_is_true() {
  using A = typename M::allocator;
  constexpr contract_t c = A::contract;
  A a = allocated<S, M>(chunk, chunk);
  const auto is_ours = [&](std::size_t offset) { return a.zone_of(a.data() + offset) != zone::outside; };
  if constexpr (c.reach != 0)
    for (const std::size_t offset :
         {std::size_t{0}, static_cast<std::size_t>(c.reach / 2), static_cast<std::size_t>(c.reach - 1)})
      S::check(is_ours(offset), "all within the reach faults or is ours");
  S::check(!c.base_may_move && c.zero_on_grow, "what never varies");
  S::check(!c.exact_bound || accessible_end(a) == a.size(), "an exact bound is the size");
  S::check(c.fault != fault::none || !c.exact_bound, "without faults no bound is exact");
  S::check(a.data() != nullptr && reinterpret_cast<std::uintptr_t>(a.data()) % a.granularity() == 0,
           "the base is aligned to the granularity");
  if constexpr (A::backing_type::traits.honours_alignment)
    S::check(reinterpret_cast<std::uintptr_t>(a.data()) % std::max(chunk, granule_of(a)) == 0,
             "to 64 KiB, and to the block of the page size");
  if constexpr (requires { A::page_size_type::collapses_to; })
    S::check(reinterpret_cast<std::uintptr_t>(a.data()) % A::page_size_type::collapses_to == 0, "and to the huge page");
}

}  // namespace quire::test
