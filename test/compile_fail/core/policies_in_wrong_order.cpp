// SPDX-License-Identifier: BSL-1.0
// expect: the second argument of page_allocator must be a protection policy
#include <quire/platform/linux.hpp>

using guards = quire::protection::guarded<>;
using tags = quire::tagging::untagged;
#ifdef CONTROL
using first = guards;
using second = tags;
#else
using first = tags;
using second = guards;
#endif

quire::page_allocator<quire::backing::linux_mmap<>, first, second, quire::page_size::native, quire::placement::anywhere>
    memory;
