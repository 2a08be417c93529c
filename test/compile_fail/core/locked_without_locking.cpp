// SPDX-License-Identifier: BSL-1.0
// expect: this residency policy needs a store that can lock pages
#include <quire/residency/locked.hpp>

#include "bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static int lock(quire::page_run) noexcept { return 0; }
#endif
};

allocator_over<store>::with_residency<quire::residency::locked> memory;
