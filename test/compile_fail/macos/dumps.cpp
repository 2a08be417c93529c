// SPDX-License-Identifier: BSL-1.0
// expect: quire: this residency policy needs a store that can leave pages out of core dumps
#include <quire/residency/excluded_from_dumps.hpp>

#include "models/macos/configs.hpp"

#ifdef CONTROL
using policy = quire::residency::not_inherited;
#else
using policy = quire::residency::excluded_from_dumps;
#endif

quire::test::modelled::with_residency<policy> memory;
