// SPDX-License-Identifier: BSL-1.0
// expect: quire: this recycling leaves contents to the next user of a memory
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/none.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::decommit>;
#else
using slots = quire::pool<quire::linux_allocator, quire::recycling::none>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
