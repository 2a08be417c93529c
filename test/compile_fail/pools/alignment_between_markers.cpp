// SPDX-License-Identifier: BSL-1.0
// expect: this alignment needs a store that can align its reservations
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/recycling/decommit.hpp>

#ifdef CONTROL
using bounds = quire::bounds::uncommitted;
#else
using bounds = quire::bounds::guard_markers;
#endif

using aligned = quire::linux_allocator::with_protection<quire::protection::aligned<65536>>;
quire::pool<aligned, quire::recycling::decommit, bounds> slots;
void use() { (void)slots.acquire(quire::pages{1}); }
