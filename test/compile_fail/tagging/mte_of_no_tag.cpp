// SPDX-License-Identifier: BSL-1.0
// expect: the mask of mte is the set of tags to draw from: it must not be empty
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x20>;
#else
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0>;
#endif

tagged_by<policy> memory;
