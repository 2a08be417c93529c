// SPDX-License-Identifier: BSL-1.0
// expect: constraints not satisfied|no matching function
#include <quire/tagging/coloured.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<>;
#else
using policy = quire::tagging::coloured<>;
#endif

bool try_it(tagged_by<policy>& memory) { return memory.allocate_tagged(quire::pages{1}, 5).has_value(); }
