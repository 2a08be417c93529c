// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// On the node that the system chooses, by the policy of the thread that touches a page first.
struct anywhere {
  using axis = axes::placement;
  constexpr void request(attributes&) const noexcept {}
};

}  // namespace quire::placement
