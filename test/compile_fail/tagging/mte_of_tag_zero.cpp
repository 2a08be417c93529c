// SPDX-License-Identifier: BSL-1.0
// expect: tag 0 is that of every pointer without a tag: say allow_zero
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0xffff, quire::tagging::allow_zero>;
#else
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0xffff>;
#endif

tagged_by<policy> memory;
