// SPDX-License-Identifier: BSL-1.0
// expect: guards and index spaces need a store whose reserved pages fault
#include <quire/platform/linux.hpp>

struct store : quire::backing::linux_mmap<> {
#ifndef CONTROL
  void protect() const = delete;  // hides the inherited member
#endif
};

quire::linux_allocator::with_backing<store> memory;
