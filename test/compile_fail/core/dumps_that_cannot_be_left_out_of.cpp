// SPDX-License-Identifier: BSL-1.0
// expect: this residency policy needs a store that can leave pages out of core dumps
#include <quire/residency/excluded_from_dumps.hpp>

#include "bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static int exclude_from_dumps(quire::page_run) noexcept { return 0; }
#endif
};

allocator_over<store>::with_residency<quire::residency::excluded_from_dumps> memory;
