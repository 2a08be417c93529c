// SPDX-License-Identifier: BSL-1.0
// expect: quire: a pool's memories are not purgeable and not from a pool of huge pages
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::huge_linux_allocator, quire::recycling::decommit>;
#else
using huge = quire::linux_allocator::with_page_size<quire::page_size::explicit_huge<2097152>>;
using slots = quire::pool<huge, quire::recycling::decommit>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
