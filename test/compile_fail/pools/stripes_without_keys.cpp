// SPDX-License-Identifier: BSL-1.0
// expect: quire: key stripes need a store whose pages can have protection keys
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_all, quire::bounds::key_stripes<>>;
#else
using slots = quire::pool<quire::posix_allocator, quire::recycling::zero_all, quire::bounds::key_stripes<>>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
