#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// On the node of the CPU that touches a page first, whatever the policy of its thread. One call a reservation (Linux:
/// mbind(MPOL_LOCAL)), as for the other placements.
struct local {
  using axis = axes::placement;
  constexpr void request(attributes& a) const noexcept { a.numa.mode = numa_mode::local; }
};

}  // namespace quire::placement
