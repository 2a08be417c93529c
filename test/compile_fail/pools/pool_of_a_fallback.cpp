// SPDX-License-Identifier: BSL-1.0
// expect: quire: this takes a typedef of page_allocator, as linux_allocator is, and no fallback
#include <quire/fallback.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>

#ifdef CONTROL
using chosen = quire::linux_allocator;
#else
using chosen = quire::fallback<quire::huge_linux_allocator, quire::linux_allocator>;
#endif

std::uint32_t slots_of(const quire::pool<chosen, quire::recycling::decommit>& p) { return p.slots(); }
