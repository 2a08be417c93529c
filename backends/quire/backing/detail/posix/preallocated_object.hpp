#pragma once
// Memory that is held before anybody uses it, where the object that holds it is a descriptor: what systems have in
// common.
#include <cstddef>

namespace quire::backing::detail {

/// A descriptor, and where all of it is mapped.
struct held_file {
  int descriptor = -1;
  std::byte* window = nullptr;
  std::size_t bytes = 0;
};

template <class Calls>
struct held_files {
  using memory_object = held_file;
  static constexpr std::size_t object_granule = std::size_t{64} << 10;

  /// munmap, close.
  static void release_object(const held_file& made) noexcept {
    (void)Calls::munmap(made.window, made.bytes);
    Calls::close(made.descriptor);
  }
  static std::byte* window(const held_file& made) noexcept { return made.window; }
};

}  // namespace quire::backing::detail
