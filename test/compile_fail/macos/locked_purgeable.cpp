// SPDX-License-Identifier: BSL-1.0
// expect: quire: purgeable memory is not locked
#include "models/macos/configs.hpp"

namespace r = quire::residency;
#ifdef CONTROL
using policy = quire::all_of<r::purgeable<>, r::not_inherited>;
#else
using policy = quire::all_of<r::purgeable<>, r::locked>;
#endif

quire::test::modelled::with_residency<policy> memory;
