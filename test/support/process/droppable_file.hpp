#pragma once
// A file whose pages the kernel can drop when memory is short, as those of a file on a disk are.
#include <cstddef>

namespace quire::test {

/// It goes with the object. Where folders for temporary files lie in memory only, whose pages cannot be dropped, a
/// guest of the lab reads its disk instead.
class droppable_file {
 public:
  explicit droppable_file(std::size_t bytes) noexcept;
  droppable_file(const droppable_file&) = delete;
  droppable_file& operator=(const droppable_file&) = delete;
  ~droppable_file();

  /// Brings all of it in. False where there is no such file.
  [[nodiscard]] bool read() const noexcept;

 private:
  std::size_t bytes_;
  int file_;
};

}  // namespace quire::test
