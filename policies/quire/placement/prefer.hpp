// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// On `node`, and elsewhere when it is full (Linux: mbind(MPOL_PREFERRED), one call per reservation). An absent node is
/// `not_supported`.
struct prefer {
  using axis = axes::placement;
  unsigned node;  // as the system counts them, from 0
  constexpr void request(attributes& a) const noexcept { a.numa = {numa_mode::prefer, node, nullptr}; }
};

}  // namespace quire::placement
