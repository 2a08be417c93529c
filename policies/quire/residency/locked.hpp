#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Pages are there when allocate, grow and reset return, and are never paged out (Linux: mlock, one call; counts
/// against RLIMIT_MEMLOCK). What discard gives back returns on demand, locked as it arrives.
struct locked {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept {
    a.population = population::eager;
    a.locked = true;
  }
};

}  // namespace quire::residency
