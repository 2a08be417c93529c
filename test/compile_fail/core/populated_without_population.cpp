// SPDX-License-Identifier: BSL-1.0
// expect: this residency policy needs a store that can populate pages
#include <quire/residency/populated.hpp>

#include "bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static int populate(quire::page_run, const quire::attributes&) noexcept { return 0; }
#endif
};

allocator_over<store>::with_residency<quire::residency::populated> memory;
