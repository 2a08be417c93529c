// SPDX-License-Identifier: BSL-1.0
// expect: limits were given twice
#include <quire/platform/linux.hpp>

constexpr quire::limits one{quire::pages{1}};
#ifdef CONTROL
quire::linux_allocator memory{one};
#else
quire::linux_allocator memory{one, one};
#endif
