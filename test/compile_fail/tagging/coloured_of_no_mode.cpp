// SPDX-License-Identifier: BSL-1.0
// expect: a mode of coloured is synchronous, asymmetric, asynchronous or preferred
#include <quire/tagging/coloured.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::coloured<quire::tagging::mte_mode::asymmetric>;
#else
using policy = quire::tagging::coloured<quire::tagging::mte_mode::none>;
#endif

tagged_by<policy> memory{policy{.slot = 1}};
