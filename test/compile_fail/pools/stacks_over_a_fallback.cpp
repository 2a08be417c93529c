// SPDX-License-Identifier: BSL-1.0
// expect: quire: this takes a typedef of page_allocator, as linux_allocator is, and no fallback
#include <quire/fallback.hpp>
#include <quire/platform/linux.hpp>
#include <quire/recycling/none.hpp>
#include <quire/stack_pool.hpp>

#ifdef CONTROL
using chosen = quire::linux_allocator;
#else
using chosen = quire::fallback<quire::huge_linux_allocator, quire::linux_allocator>;
#endif

std::uint32_t stacks_of(const quire::stack_pool<chosen, quire::recycling::none>& p) { return p.stacks(); }
