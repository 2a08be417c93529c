// SPDX-License-Identifier: BSL-1.0
// expect: quire: key_stripes needs two keys or more, and no system has more than 31
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>

#ifdef CONTROL
constexpr unsigned keys = 2;
#else
constexpr unsigned keys = 1;
#endif
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_all, quire::bounds::key_stripes<keys>>;

std::uint32_t slots_of(const slots& p) { return p.slots(); }
