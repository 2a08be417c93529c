// SPDX-License-Identifier: BSL-1.0
// expect: quire: a stack_cache wipes nothing, so its pool has recycling::none
#include <quire/platform/linux.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/stack_cache.hpp>

#ifdef CONTROL
using recycling = quire::recycling::none;
#else
using recycling = quire::recycling::zero_all;
#endif

void use(quire::stack_pool<quire::linux_allocator, recycling>& stacks) { const quire::stack_cache kept(stacks); }
