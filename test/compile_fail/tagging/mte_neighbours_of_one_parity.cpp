// SPDX-License-Identifier: BSL-1.0
// expect: distinct_neighbours need an even and an odd tag to choose from
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x30>::distinct_neighbours;
#else
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x50>::distinct_neighbours;
#endif

tagged_by<policy> memory;
