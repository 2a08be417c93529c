// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a failed operation had requested from a system, as far as its allocator can reconstruct it.
#include <cstdint>

namespace quire::detail {

/// All values are in bytes.
struct asked_for {
  std::uint64_t least = 1;           // minimum that any operation requests
  std::uint64_t committed = 0;       // pages, in whole blocks; 0 if the caller does not name any
  std::uint64_t reserved_least = 0;  // address space with its guards, for the smallest possible maximum
  std::uint64_t reserved_most = 0;   // for the maximum that allocate uses if it is given none
  std::uint64_t alignment = 1;       // of address space
  bool is_released = false;          // the reservation was mapped when a later step of allocate failed

  /// Address space that was mapped then and no longer is, at least and at most.
  [[nodiscard]] constexpr std::uint64_t released_least() const noexcept { return is_released ? reserved_least : 0; }
  [[nodiscard]] constexpr std::uint64_t released_most() const noexcept { return is_released ? reserved_most : 0; }
};

}  // namespace quire::detail
