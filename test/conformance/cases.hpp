#pragma once
// All cases, for one place and one subject.
#include <quire/page_allocator_like.hpp>

#include "allocation.hpp"
#include "bounds.hpp"
#include "contents.hpp"
#include "protection.hpp"
#include "resizing.hpp"

namespace quire::test {

struct conformance_case {
  const char* name;
  void (*run)();
};

template <environment S, config M>
inline constexpr conformance_case conformance_cases[] = {
    {"new memory is zero and usable", new_memory_is_zero_and_usable<S, M>},
    {"an empty memory has a base", an_empty_memory_has_a_base<S, M>},
    {"a maximum of zero is a maximum", a_maximum_of_zero_is_a_maximum<S, M>},
    {"bad sizes are refused", bad_sizes_are_refused<S, M>},
    {"limits are those given, or the usual", limits_are_those_given_or_the_usual<S, M>},
    {"more than any address space is an error", more_than_any_address_space_is_an_error<S, M>},
    {"a second allocate is refused", a_second_allocate_is_refused<S, M>},
    {"without a region nothing works", without_a_region_nothing_works<S, M>},
    {"deallocate wants the base and the size", deallocate_wants_the_base_and_the_size<S, M>},
    {"release leaves nothing", release_leaves_nothing<S, M>},
    {"moving hands the region over", moving_hands_the_region_over<S, M>},
    {"move assignment releases what was there", move_assignment_releases_what_was_there<S, M>},
    {"four gigabytes are ordinary", four_gigabytes_are_ordinary<S, M>},
    {"the accessible end is the end", the_accessible_end_is_the_end<S, M>},
    {"guards and reach fault", guards_and_reach_fault<S, M>},
    {"a stray write leaves nothing behind", a_stray_write_leaves_nothing_behind<S, M>},
    {"an inexact bound is cleared by grow", an_inexact_bound_is_cleared_by_grow<S, M>},
    {"every address has a zone", every_address_has_a_zone<S, M>},
    {"the contract is true", the_contract_is_true<S, M>},
    {"grow returns the previous size", grow_returns_the_previous_size<S, M>},
    {"grow refuses what is wrong", grow_refuses_what_is_wrong<S, M>},
    {"shrink mirrors grow", shrink_mirrors_grow<S, M>},
    {"shrink refuses what is wrong", shrink_refuses_what_is_wrong<S, M>},
    {"growth in single pages is seamless", growth_in_single_pages_is_seamless<S, M>},
    {"discard clears in place", discard_clears_in_place<S, M>},
    {"reset is a fresh start", reset_is_a_fresh_start<S, M>},
    {"a long life has no stale bytes", a_long_life_has_no_stale_bytes<S, M>},
    {"protect changes access and nothing else", protect_changes_access_and_nothing_else<S, M>},
    {"protect refuses what is wrong", protect_refuses_what_is_wrong<S, M>},
    {"no access may reach into reserved pages", no_access_may_reach_into_reserved_pages<S, M>},
    {"access lasts until it is changed", access_lasts_until_it_is_changed<S, M>},
    {"execution needs a store for it", execution_needs_a_store_for_it<S, M>},
};

template <environment S, config M>
void run_conformance_cases() {
  static_assert(page_allocator_like<typename M::allocator>);
  for (const auto& each : conformance_cases<S, M>) S::run_isolated(each.name, each.run);
}

}  // namespace quire::test
