#pragma once
#include <quire/policy.hpp>

namespace quire::protection {

/// No inaccessible space around the memory. What lies between its size and its capacity still faults, where the store
/// can make it fault.
struct unguarded {
  using axis = axes::protection;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry&) noexcept {}
};

}  // namespace quire::protection
