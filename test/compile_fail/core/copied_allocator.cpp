// SPDX-License-Identifier: BSL-1.0
// expect: deleted
#include <utility>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
quire::linux_allocator heir(quire::linux_allocator& memory) { return std::move(memory); }
#else
quire::linux_allocator heir(quire::linux_allocator& memory) { return memory; }
#endif
