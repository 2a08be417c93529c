// SPDX-License-Identifier: BSL-1.0
// expect: mirrored memory is neither tagged nor purgeable
#include <quire/mirrored.hpp>

#include "models/macos/configs.hpp"

#ifdef CONTROL
using memory = quire::test::modelled;
#else
using memory = quire::test::modelled::with_residency<quire::residency::purgeable<>>;
#endif

quire::mirrored<memory> mirrored;
