// SPDX-License-Identifier: BSL-1.0
// expect: a policy or store that holds data must be given to the constructor
#include <quire/placement/prefer.hpp>
#include <quire/shared_memory.hpp>

#ifdef CONTROL
quire::shared_memory<quire::numa_linux_allocator> memory{quire::placement::prefer{.node = 0}};
#else
quire::shared_memory<quire::numa_linux_allocator> memory;
#endif
