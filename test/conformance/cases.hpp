// SPDX-License-Identifier: BSL-1.0
#pragma once
// All conformance cases, for one test environment and one test config.
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
    {"an initial size of zero still gives a base", an_empty_memory_has_a_base<S, M>},
    {"a maximum of zero is kept as the maximum", a_maximum_of_zero_is_a_maximum<S, M>},
    {"allocate refuses sizes above the limit or the maximum", bad_sizes_are_refused<S, M>},
    {"the capacity is the given limit, or the default one", limits_are_those_given_or_the_usual<S, M>},
    {"a maximum above the address space is refused without a trace", more_than_any_address_space_is_an_error<S, M>},
    {"a second allocate is refused and changes nothing", a_second_allocate_is_refused<S, M>},
    {"without a region every member refuses", without_a_region_nothing_works<S, M>},
    {"deallocate refuses any other base or size", deallocate_wants_the_base_and_the_size<S, M>},
    {"deallocate and the destructor leave no mapping behind", release_leaves_nothing<S, M>},
    {"a move transfers the region and leaves the source vacant", moving_hands_the_region_over<S, M>},
    {"move assignment releases the region of its target", move_assignment_releases_what_was_there<S, M>},
    {"a memory of 65,536 chunks can be filled, shrunk and grown again", four_gigabytes_are_ordinary<S, M>},
    {"the last byte before the accessible end is usable, the next one faults", the_accessible_end_is_the_end<S, M>},
    {"every access to a guard, or to the reach above the memory, faults", guards_and_reach_fault<S, M>},
    {"a stray write above the size does not show after grow", a_stray_write_leaves_nothing_behind<S, M>},
    {"grow clears the bytes between the size and an inexact bound", an_inexact_bound_is_cleared_by_grow<S, M>},
    {"every address belongs to one zone", every_address_has_a_zone<S, M>},
    {"the contract describes the allocated memory", the_contract_is_true<S, M>},
    {"grow returns the previous size", grow_returns_the_previous_size<S, M>},
    {"grow refuses wrong arguments and changes nothing", grow_refuses_what_is_wrong<S, M>},
    {"shrink returns the previous size, and keeps what is left", shrink_mirrors_grow<S, M>},
    {"shrink refuses wrong arguments and changes nothing", shrink_refuses_what_is_wrong<S, M>},
    {"growth in single pages keeps old bytes and adds zeros", growth_in_single_pages_is_seamless<S, M>},
    {"discard clears pages in place and keeps the size", discard_clears_in_place<S, M>},
    {"reset gives zeroed, writable memory at the same address", reset_is_a_fresh_start<S, M>},
    {"no stale byte appears in 250 random operations", a_long_life_has_no_stale_bytes<S, M>},
    {"protect changes the access of its range only", protect_changes_access_and_nothing_else<S, M>},
    {"protect refuses wrong arguments and changes nothing", protect_refuses_what_is_wrong<S, M>},
    {"access::none may cover reserved pages, which grow then opens", no_access_may_reach_into_reserved_pages<S, M>},
    {"access stays through grow and shrink, until reset", access_lasts_until_it_is_changed<S, M>},
    {"pages become executable only over an executable store", execution_needs_a_store_for_it<S, M>},
};

template <environment S, config M>
void run_conformance_cases() {
  static_assert(page_allocator_like<typename M::allocator>);
  for (const auto& each : conformance_cases<S, M>) S::run_isolated(each.name, each.run);
}

}  // namespace quire::test
