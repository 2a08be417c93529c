// SPDX-License-Identifier: BSL-1.0
// expect: memory is shared over a store without data of its own, as those of operating systems are
#include <quire/backing/partitioned.hpp>
#include <quire/shared_memory.hpp>

#ifdef CONTROL
using typedef_of_pages = quire::linux_allocator;
#else
using typedef_of_pages = quire::with_partition<quire::linux_allocator>;
#endif

quire::basic_shared_memory<typedef_of_pages, quire::backing::shared_object<quire::backing::linux_mmap<>>>* memory;
bool use() { return memory->is_open(); }
