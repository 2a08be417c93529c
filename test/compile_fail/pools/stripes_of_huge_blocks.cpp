// SPDX-License-Identifier: BSL-1.0
// expect: quire: key stripes are for memories that end where they are as large as they say: no huge pages
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_page_size<quire::page_size::transparent_huge<quire::page_size::in_blocks>>;
#endif
using slots = quire::pool<memory, quire::recycling::zero_all, quire::bounds::key_stripes<>>;

std::uint32_t slots_of(const slots& p) { return p.slots(); }
