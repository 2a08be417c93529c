// SPDX-License-Identifier: BSL-1.0
// expect: collapses_to
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using allocator = quire::huge_linux_allocator;
#else
using allocator = quire::linux_allocator;
#endif

bool huge_now(allocator& memory) { return memory.collapse(0, memory.size()).has_value(); }
