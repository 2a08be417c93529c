// SPDX-License-Identifier: BSL-1.0
// expect: constraints not satisfied|invalid reference to function|no matching (member )?function
#include "models/macos/configs.hpp"

#ifdef CONTROL
using memory = quire::test::modelled;
#else
using memory = quire::test::modelled::with_residency<quire::residency::purgeable<>>;
#endif

bool populate(const memory& m) { return m.populate(0, 0).has_value(); }
