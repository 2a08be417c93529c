// SPDX-License-Identifier: BSL-1.0
// expect: (could not|cannot) convert|no (viable|known) conversion
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using count = quire::basic_pages<65536>;
#else
using count = quire::basic_pages<4096>;
#endif

bool one_page(quire::linux_allocator& memory) { return memory.allocate(count{1}).has_value(); }
