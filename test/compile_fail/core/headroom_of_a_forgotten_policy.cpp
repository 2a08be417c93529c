// SPDX-License-Identifier: BSL-1.0
// expect: a policy that holds data must be given to headroom too
#include <quire/headroom.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
const quire::explanation nearest = quire::headroom<quire::numa_linux_allocator>(quire::placement::prefer{.node = 0});
#else
const quire::explanation nearest = quire::headroom<quire::numa_linux_allocator>();
#endif
