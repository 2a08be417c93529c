// SPDX-License-Identifier: BSL-1.0
// expect: has no member named .set_high_water_mark|no member named 'set_high_water_mark'|invalid reference to function 'set_high_water_mark'|no matching function for call to|no matching member function
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_high_water.hpp>

#ifdef CONTROL
using memory = quire::pool<quire::linux_allocator, quire::recycling::zero_high_water>::memory;
#else
using memory = quire::linux_allocator;
#endif

void mark(memory& m) { m.set_high_water_mark(4096); }
