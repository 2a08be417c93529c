// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Pages are resident when allocate, grow and reset return, and headroom is checked before they are committed: if that
/// would meet a limit of a control group, the process or the machine, the error is `out_of_memory` at `commit` instead
/// of a kill, and `not_supported` if a limit is hidden (Linux: reads some ten files of /proc and /sys each time, then
/// madvise(MADV_POPULATE_WRITE)). Other processes may take memory between the check and the call: docs/out-of-memory.md
/// says how long that is. Pages that discard gave back return on demand, without a check.
struct assured {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept {
    a.population = population::eager;
    a.assured = true;
  }
};

}  // namespace quire::residency
