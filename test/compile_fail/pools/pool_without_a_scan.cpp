// SPDX-License-Identifier: BSL-1.0
// expect: quire: this recycling policy needs a store that can tell which pages were written
#include <quire/platform/posix.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::posix_allocator, quire::recycling::zero_all>;
#else
using slots = quire::pool<quire::posix_allocator, quire::recycling::zero_dirty>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
