// SPDX-License-Identifier: BSL-1.0
// expect: shared memory grows by whole pages of the system
#include <quire/page_size/in_units_of.hpp>
#include <quire/shared_memory.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_page_size<quire::page_size::in_units_of<1024, quire::page_size::native>>;
#endif

quire::shared_memory<memory> shared;
