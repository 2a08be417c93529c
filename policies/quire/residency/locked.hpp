// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Pages are resident when allocate, grow and reset return, and are never paged out (Linux: mlock, one call; counts
/// against RLIMIT_MEMLOCK). Pages that discard gave back return on demand, locked.
struct locked {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept {
    a.population = population::eager;
    a.locked = true;
  }
};

}  // namespace quire::residency
