// SPDX-License-Identifier: BSL-1.0
#pragma once
// A virtual machine may have given unused memory back to its host. Getting it again costs ten times a page fault, and
// does not depend on the allocator: so it is fetched before the measured code touches it.
#include <sys/mman.h>

#include <cstddef>

namespace bench {

inline void warm_memory(std::size_t bytes) {
  void* const p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return;
  (void)madvise(p, bytes, MADV_HUGEPAGE);  // fewer faults
  for (std::size_t i = 0; i < bytes; i += 4096) static_cast<volatile std::byte*>(p)[i] = std::byte{1};
  munmap(p, bytes);
}

}  // namespace bench
