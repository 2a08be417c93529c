// SPDX-License-Identifier: BSL-1.0
// expect: nodiscard
#include <quire/platform/linux.hpp>

void give_back(quire::linux_allocator& memory) {
#ifdef CONTROL
  (void)
#endif
      memory.deallocate(memory.data(), memory.size());
}
