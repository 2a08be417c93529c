// SPDX-License-Identifier: BSL-1.0
// expect: protectable_store
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>

struct store : quire::backing::linux_mmap<> {
#ifndef CONTROL
  void protect() const = delete;  // hides the inherited member
#endif
};
using allocator = quire::linux_allocator::with_protection<quire::protection::unguarded>::with_backing<store>;

bool read_only(allocator& memory) { return memory.protect(0, memory.size(), quire::access::read).has_value(); }
