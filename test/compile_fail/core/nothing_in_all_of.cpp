// SPDX-License-Identifier: BSL-1.0
// expect: a policy that asks for nothing has no place in all_of
#include <quire/all_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>

#ifdef CONTROL
using joined = quire::all_of<quire::protection::index_space<>, quire::protection::guarded<>>;
#else
using joined = quire::all_of<quire::protection::unguarded, quire::protection::guarded<>>;
#endif

quire::linux_allocator::with_protection<joined> memory;
