// SPDX-License-Identifier: BSL-1.0
// expect: quire: a pool needs a store without data of its own, as those of operating systems are
#include <quire/backing/partitioned.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::decommit>;
#else
using slots = quire::pool<quire::with_partition<quire::linux_allocator>, quire::recycling::decommit>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
