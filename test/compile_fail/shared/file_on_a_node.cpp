// SPDX-License-Identifier: BSL-1.0
// expect: pages of a file are the file system's: they are not placed, not huge and not assured
#include <quire/file_memory.hpp>
#include <quire/placement/local.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_placement<quire::placement::local>;
#endif

quire::file_memory<memory> file;
