// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that is allocated before it is used, held by a descriptor: the part that systems have in common.
#include <cstddef>

namespace quire::backing::detail {

/// A descriptor, and the mapping of all of it.
struct preallocated_object {
  int descriptor = -1;
  std::byte* view = nullptr;
  std::size_t bytes = 0;
};

template <class Calls>
struct preallocated_objects {
  using memory_object = preallocated_object;
  static constexpr std::size_t object_granule = std::size_t{64} << 10;

  /// munmap, close.
  static void release_object(const preallocated_object& made) noexcept {
    (void)Calls::munmap(made.view, made.bytes);
    Calls::close(made.descriptor);
  }
  static std::byte* view(const preallocated_object& made) noexcept { return made.view; }
};

}  // namespace quire::backing::detail
