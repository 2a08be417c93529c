// SPDX-License-Identifier: BSL-1.0
// expect: quire: stacks are neither populated, locked, tagged, purgeable nor from a pool of huge pages
#include <quire/platform/linux.hpp>
#include <quire/recycling/none.hpp>
#include <quire/residency/populated.hpp>
#include <quire/stack_pool.hpp>

#ifdef CONTROL
using stacks = quire::stack_pool<quire::linux_allocator, quire::recycling::none>;
#else
using stacks =
    quire::stack_pool<quire::linux_allocator::with_residency<quire::residency::populated>, quire::recycling::none>;
#endif

std::uint32_t stacks_of(const stacks& p) { return p.stacks(); }
