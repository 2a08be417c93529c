// SPDX-License-Identifier: BSL-1.0
#pragma once
// Uses up the mappings that a process may have. Call it in a child process: most operations of a program need mappings.
#include <cstddef>
#include <sys/mman.h>

namespace quire::test {

/// Returns /proc/sys/vm/max_map_count, or 0 if it cannot be read.
std::size_t most_mappings();

/// As many mappings of one page each, which cannot merge, as the kernel allows.
class all_mappings {
 public:
  void take() noexcept;
  void give_back() noexcept;

 private:
  std::byte* first_ = nullptr;  // one reservation, with every other page made readable
};

}  // namespace quire::test
