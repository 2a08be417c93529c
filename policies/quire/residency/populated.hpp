#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Pages are there when allocate, grow and reset return, so that no first touch faults and lack of memory is an error
/// wherever the system reports one (Linux: madvise(MADV_POPULATE_WRITE), 2 MiB a call; a cgroup whose killer is on
/// still kills). What discard gives back returns on demand. So do the copies that writes make after a fork.
struct populated {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.population = population::eager; }
};

}  // namespace quire::residency
