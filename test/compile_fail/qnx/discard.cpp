// SPDX-License-Identifier: BSL-1.0
// expect: constraints not satisfied|invalid reference to function|no matching (member )?function
#include <quire/platform/qnx.hpp>

#ifdef CONTROL
bool discard(quire::lazy_qnx_allocator& memory) { return memory.discard(0, 0).has_value(); }
#else
bool discard(quire::qnx_allocator& memory) { return memory.discard(0, 0).has_value(); }
#endif
