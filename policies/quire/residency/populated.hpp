// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Pages are resident when allocate, grow and reset return, so that no first touch faults, and lack of memory is an
/// error wherever the system reports one (Linux: madvise(MADV_POPULATE_WRITE), 2 MiB per call; a cgroup with the OOM
/// killer enabled still kills). Pages that discard gave back return on demand, and so do the copies that writes make
/// after a fork.
struct populated {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.population = population::eager; }
};

}  // namespace quire::residency
