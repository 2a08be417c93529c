// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// Only on these nodes (Linux: mbind(MPOL_BIND) and get_mempolicy, once per reservation). When they are full the kernel
/// kills the process, even while it populates; residency::assured refuses beforehand. A set with an absent node is
/// `not_supported`.
struct bind {
  using axis = axes::placement;
  node_set nodes;  // at least one
  constexpr void request(attributes& a) const noexcept { a.numa = {numa_mode::bind, 0, &nodes}; }
};

}  // namespace quire::placement
