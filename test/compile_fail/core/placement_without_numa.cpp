// SPDX-License-Identifier: BSL-1.0
// expect: this placement policy needs a store that can place pages on NUMA nodes
#include <quire/platform/linux.hpp>

struct store : quire::backing::linux_mmap<> {
#ifndef CONTROL
  void place() const = delete;  // hides the inherited member
#endif
};

quire::numa_linux_allocator::with_backing<store> memory{quire::placement::prefer{.node = 0}};
