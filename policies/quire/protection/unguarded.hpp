// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::protection {

/// No inaccessible space around the memory. Bytes between its size and its capacity still fault, if the store can make
/// them fault.
struct unguarded {
  using axis = axes::protection;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry&) noexcept {}
};

}  // namespace quire::protection
