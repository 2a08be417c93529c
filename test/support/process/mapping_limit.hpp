#pragma once
// Using up the mappings that a process may have. For a child of its own: most of what a program does needs mappings.
#include <cstddef>
#include <sys/mman.h>

namespace quire::test {

/// /proc/sys/vm/max_map_count, or 0 where it cannot be read.
std::size_t most_mappings();

/// Mappings of one page each that cannot merge, as many as the kernel allows.
class all_mappings {
 public:
  void take() noexcept;
  void give_back() noexcept;

 private:
  std::byte* first_ = nullptr;  // one reservation, of which every other page has been made readable
};

}  // namespace quire::test
