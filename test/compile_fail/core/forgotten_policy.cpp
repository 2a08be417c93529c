// SPDX-License-Identifier: BSL-1.0
// expect: a policy or store that holds data must be given to the constructor
#include <quire/platform/linux.hpp>

#ifdef CONTROL
quire::numa_linux_allocator memory{quire::limits{quire::pages{1}}, quire::placement::prefer{.node = 0}};
#else
quire::numa_linux_allocator memory{quire::limits{quire::pages{1}}};
#endif
