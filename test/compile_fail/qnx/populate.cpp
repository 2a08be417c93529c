// SPDX-License-Identifier: BSL-1.0
// expect: constraints not satisfied|invalid reference to function|no matching (member )?function
#include <quire/platform/qnx.hpp>

#ifdef CONTROL
bool use(const quire::qnx_allocator& memory) { return memory.contains(nullptr); }
#else
bool use(const quire::qnx_allocator& memory) { return memory.populate(0, 0).has_value(); }  // its pages are there
#endif
