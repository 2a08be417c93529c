// SPDX-License-Identifier: BSL-1.0
// expect: retag_on_reset of distinct_neighbours needs two even and two odd tags
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using mte = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x001e>;
#else
using mte = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x0006>;
#endif

tagged_by<mte::retag_on_reset::distinct_neighbours> memory;
