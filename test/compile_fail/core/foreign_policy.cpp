// SPDX-License-Identifier: BSL-1.0
// expect: an argument is none of this allocator's limits, store and policies
#include <quire/platform/linux.hpp>

#ifdef CONTROL
quire::numa_linux_allocator memory{quire::placement::prefer{.node = 0}};
#else
quire::linux_allocator memory{quire::placement::prefer{.node = 0}};
#endif
