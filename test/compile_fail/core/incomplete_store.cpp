// SPDX-License-Identifier: BSL-1.0
// expect: the first argument of page_allocator must be a backing store
#include <quire/platform/linux.hpp>

struct store : quire::backing::linux_mmap<> {
#ifndef CONTROL
  void decommit() const = delete;  // hides the inherited member
#endif
};

quire::linux_allocator::with_backing<store> memory;
