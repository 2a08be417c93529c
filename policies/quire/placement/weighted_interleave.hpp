#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// Page by page over these nodes, in the proportions that the machine is set to (Linux 6.9: mbind with
/// MPOL_WEIGHTED_INTERLEAVE and /sys/kernel/mm/mempolicy). A set with an absent node, and an older kernel, are
/// `not_supported`.
struct weighted_interleave {
  using axis = axes::placement;
  node_set nodes;
  constexpr void request(attributes& a) const noexcept { a.numa = {numa_mode::weighted_interleave, 0, &nodes}; }
};

}  // namespace quire::placement
