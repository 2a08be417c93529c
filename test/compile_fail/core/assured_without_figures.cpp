// SPDX-License-Identifier: BSL-1.0
// expect: this residency policy needs a store that can tell how much memory is left
#include <quire/residency/assured.hpp>

#include "bare_store.hpp"

struct store : bare_store {
  static int populate(quire::page_run, const quire::attributes&) noexcept { return 0; }
#ifdef CONTROL
  static int assure(quire::page_run, const quire::attributes&) noexcept { return 0; }
  static int recheck_headroom(quire::page_run, const quire::attributes&) noexcept { return 0; }
#endif
};

allocator_over<store>::with_residency<quire::residency::assured> memory;
