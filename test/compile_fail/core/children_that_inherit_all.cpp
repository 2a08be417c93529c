// SPDX-License-Identifier: BSL-1.0
// expect: needs a store that can leave pages out of child processes
#include <quire/residency/not_inherited.hpp>

#include "bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static int exclude_from_forks(quire::page_run) noexcept { return 0; }
#endif
};

allocator_over<store>::with_residency<quire::residency::not_inherited> memory;
