// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// On the node of the CPU that touches a page first, whatever the policy of its thread (Linux: mbind(MPOL_LOCAL), one
/// call per reservation).
struct local {
  using axis = axes::placement;
  constexpr void request(attributes& a) const noexcept { a.numa.mode = numa_mode::local; }
};

}  // namespace quire::placement
