// SPDX-License-Identifier: BSL-1.0
// expect: a mode of mte is synchronous, asymmetric, asynchronous or preferred
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<quire::tagging::mte_mode{4}>;
#else
using policy = quire::tagging::mte<quire::tagging::mte_mode{5}>;
#endif

tagged_by<policy> memory;
