// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::placement {

/// Interleaved over these nodes, page by page (Linux: mbind(MPOL_INTERLEAVE) and get_mempolicy, once per reservation).
/// A set with an absent node is `not_supported`.
struct interleave {
  using axis = axes::placement;
  node_set nodes;  // at least one
  constexpr void request(attributes& a) const noexcept { a.numa = {numa_mode::interleave, 0, &nodes}; }
};

}  // namespace quire::placement
