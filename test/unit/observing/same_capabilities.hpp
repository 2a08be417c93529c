// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether a store adaptor has the capabilities of its store, and no others.
#include <array>
#include <cstddef>
#include <type_traits>

#include <quire/capabilities.hpp>
#include <quire/store.hpp>
#include <quire/store/code.hpp>
#include <quire/store/images.hpp>
#include <quire/store/mirrors.hpp>
#include <quire/store/objects.hpp>
#include <quire/store/populating.hpp>
#include <quire/store/purging.hpp>
#include <quire/store/regions.hpp>
#include <quire/store/reuse.hpp>

namespace quire::test {

/// Every concept of a store, as a list: two stores with the same capabilities have equal lists.
template <class S>
struct capability_list {
  static constexpr std::array all = {backing_store<S>,
                                     buffer_store<S>,
                                     buffer_of_known_size<S>,
                                     protectable_store<S>,
                                     executable_store<S>,
                                     discarding_store<S>,
                                     discard_precheck_store<S>,
                                     collapsing_store<S>,
                                     quota_store<S>,
                                     in_place_decommitting_store<S>,
                                     commit_diagnosing_store<S>,
                                     commit_reverting_store<S>,
                                     observing_store<S>,
                                     effect_checking_store<S>,
                                     growth_serializing_store<S>,
                                     numa_placing_store<S>,
                                     huge_advising_store<S>,
                                     huge_pool_store<S>,
                                     address_choosing_store<S>,
                                     dump_excluding_store<S>,
                                     fork_excluding_store<S>,
                                     naming_store<S>,
                                     vm_tagging_store<S>,
                                     assuring_store<S>,
                                     populating_store<S>,
                                     locking_store<S>,
                                     tagging_store<S>,
                                     purging_store<S>,
                                     code_flushing_store<S>,
                                     dual_mapping_store<S>,
                                     code_protecting_store<S>,
                                     image_store<S>,
                                     image_placing_store<S>,
                                     image_backed_store<S>,
                                     mirroring_store<S>,
                                     object_store<S>,
                                     part_populating_store<S>,
                                     hinting_store<S>,
                                     tail_releasing_store<S>,
                                     charging_store<S>,
                                     recycling_store<S>,
                                     dirty_scanning_store<S>,
                                     private_scanning_store<S>,
                                     batch_discarding_store<S>,
                                     guard_marking_store<S>,
                                     sealing_store<S>,
                                     key_protecting_store<S>,
                                     tag_check_suspending_store<S>,
                                     mapping_limited_store<S>,
                                     processor_telling_store<S>,
                                     waiting_store<S>};
};

template <class S, class Adapted>
[[nodiscard]] consteval bool same_capabilities() {
  for (std::size_t i = 0; i < capability_list<S>::all.size(); ++i)
    if (capability_list<S>::all[i] != capability_list<Adapted>::all[i]) return false;
  return std::is_empty_v<S> == std::is_empty_v<Adapted> && sizeof(S) == sizeof(Adapted);
}

}  // namespace quire::test
