// SPDX-License-Identifier: BSL-1.0
#pragma once
// What remains of the ready-made allocators in C code that checks and aligns nothing, and only reports that a call
// failed.
#include <cstddef>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace unchecked {

/// `Kind` is one of the kinds in by_hand.
template <class Kind>
struct memory : Kind {
  char* base = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;

  static constexpr std::size_t whole(std::size_t most) noexcept {
    return Kind::before + (Kind::reach != 0 ? Kind::reach : most) + Kind::after;
  }

  int allocate(std::size_t bytes, std::size_t most) noexcept {
    void* const p = mmap(nullptr, whole(most), PROT_NONE, Kind::flags, -1, 0);
    if (p == MAP_FAILED) return -1;
    base = static_cast<char*>(p) + Kind::before;
    size = bytes;
    capacity = most;
    if constexpr (Kind::placed) {
      const unsigned long nodes = 1UL << this->node;
      if (syscall(SYS_mbind, base, most, MPOL_PREFERRED, &nodes, 64UL, 0) != 0) return -1;
    }
    if constexpr (Kind::huge)
      if (madvise(base, most, MADV_HUGEPAGE) != 0) return -1;
    return mprotect(base, bytes, PROT_READ | PROT_WRITE);
  }
  int grow(std::size_t more) noexcept {
    if (mprotect(base + size, more, PROT_READ | PROT_WRITE) != 0) return -1;
    size += more;
    return 0;
  }
  int deallocate() noexcept { return munmap(base - Kind::before, whole(capacity)); }
};

}  // namespace unchecked
