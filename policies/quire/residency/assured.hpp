#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Pages are there when allocate, grow and reset return, and before they are committed the system is asked whether it
/// has them: where that would meet a limit, of a control group, the process or the machine, there is `out_of_memory`
/// at `commit` instead of a kill, and `not_supported` where a limit is hidden (Linux: some ten files of /proc and /sys
/// are read each time, then madvise(MADV_POPULATE_WRITE)). Others may take memory between the question and the call:
/// docs/out-of-memory.md tells how long that is. What discard gives back returns on demand, and unasked.
struct assured {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept {
    a.population = population::eager;
    a.assured = true;
  }
};

}  // namespace quire::residency
