// SPDX-License-Identifier: BSL-1.0
// expect: quire: this residency policy needs a store that can tell whether purged contents survived
#include <quire/platform/linux.hpp>
#include <quire/residency/purgeable.hpp>

#ifdef CONTROL
using residency = quire::residency::on_demand;
#else
using residency = quire::residency::purgeable<>;
#endif
quire::linux_allocator::with_residency<residency> memory;
