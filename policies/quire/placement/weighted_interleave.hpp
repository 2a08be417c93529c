// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// Interleaved over these nodes, page by page, in the proportions of /sys/kernel/mm/mempolicy (Linux 6.9:
/// mbind(MPOL_WEIGHTED_INTERLEAVE) and get_mempolicy, once per reservation). A set with an absent node, or an older
/// kernel, is `not_supported`.
struct weighted_interleave {
  using axis = axes::placement;
  node_set nodes;  // at least one
  constexpr void request(attributes& a) const noexcept { a.numa = {numa_mode::weighted_interleave, 0, &nodes}; }
};

}  // namespace quire::placement
