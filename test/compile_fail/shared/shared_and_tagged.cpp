// SPDX-License-Identifier: BSL-1.0
// expect: shared memory is neither tagged, purgeable nor from a pool of huge pages
#include <quire/page_size/explicit_huge.hpp>
#include <quire/shared_memory.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_page_size<quire::page_size::explicit_huge<2097152>>;
#endif

quire::shared_memory<memory> shared;
