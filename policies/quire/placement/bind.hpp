#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// On these nodes and nowhere else (Linux: mbind(MPOL_BIND)): when they are full the kernel kills,
/// also while it populates; residency::assured refuses before. A set with an absent node is `not_supported`.
struct bind {
  using axis = axes::placement;
  node_set nodes;
  constexpr void request(attributes& a) const noexcept { a.numa = {numa_mode::bind, 0, &nodes}; }
};

}  // namespace quire::placement
