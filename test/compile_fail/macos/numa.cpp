// SPDX-License-Identifier: BSL-1.0
// expect: quire: this placement policy needs a store that can place pages on NUMA nodes
#include <quire/placement/local.hpp>

#include "models/macos/configs.hpp"

#ifdef CONTROL
using policy = quire::placement::anywhere;
#else
using policy = quire::placement::local;
#endif

quire::test::modelled::with_placement<policy> memory;
