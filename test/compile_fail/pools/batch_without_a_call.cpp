// SPDX-License-Identifier: BSL-1.0
// expect: quire: this recycling policy needs a store that discards several runs by one call
#include <quire/platform/posix.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::posix_allocator, quire::recycling::decommit>;
#else
using slots = quire::pool<quire::posix_allocator, quire::recycling::batched_decommit<>>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
