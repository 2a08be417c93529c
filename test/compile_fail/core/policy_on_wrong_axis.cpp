// SPDX-License-Identifier: BSL-1.0
// expect: the second argument of page_allocator must be a protection policy
#include <quire/platform/linux.hpp>

#ifdef CONTROL
quire::linux_allocator::with_protection<quire::protection::guarded<4096>> memory;
#else
quire::linux_allocator::with_protection<quire::tagging::untagged> memory;
#endif
