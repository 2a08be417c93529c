// SPDX-License-Identifier: BSL-1.0
// expect: quire: the second argument of pool is a recycling policy
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/residency/populated.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::decommit>;
#else
using slots = quire::pool<quire::linux_allocator, quire::residency::populated>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
