// SPDX-License-Identifier: BSL-1.0
// expect: retag_on_reset needs two tags to choose from
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x60>::retag_on_reset;
#else
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x20>::retag_on_reset;
#endif

tagged_by<policy> memory;
