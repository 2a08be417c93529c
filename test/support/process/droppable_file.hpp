// SPDX-License-Identifier: BSL-1.0
#pragma once
// A file whose pages the kernel can drop when memory is short, as those of a file on a disk.
#include <cstddef>

namespace quire::test {

/// The file is removed with the object. If all folders for temporary files lie in memory, where pages cannot be
/// dropped, a guest of the lab reads its disk instead.
class droppable_file {
 public:
  explicit droppable_file(std::size_t bytes) noexcept;
  droppable_file(const droppable_file&) = delete;
  droppable_file& operator=(const droppable_file&) = delete;
  ~droppable_file();

  /// Brings the whole file into memory. Returns false if there is no such file.
  [[nodiscard]] bool read() const noexcept;

 private:
  std::size_t bytes_;
  int file_;
};

}  // namespace quire::test
