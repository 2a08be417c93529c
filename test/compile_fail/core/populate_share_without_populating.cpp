// SPDX-License-Identifier: BSL-1.0
// expect: constraints not satisfied|no matching function
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/populate_share.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::posix_allocator;
#endif

bool populate(const memory& m) { return quire::populate_share(m, 0, 1).has_value(); }
