#pragma once
// What an operation that failed had asked a system for, as far as its allocator can tell afterwards.
#include <cstdint>

namespace quire::detail {

/// All in bytes.
struct asked_for {
  std::uint64_t least = 1;           // what any operation asks for at least
  std::uint64_t committed = 0;       // pages, in whole blocks; 0 where the caller does not name any
  std::uint64_t reserved_least = 0;  // address space with its guards, for a maximum that is as small as it can be
  std::uint64_t reserved_most = 0;   // for the maximum that allocate takes where it is given none
  bool reservation_is_gone = false;  // it was mapped when a later step of allocate failed

  /// Address space that was mapped then and is not now, at least and at most.
  [[nodiscard]] constexpr std::uint64_t released_least() const noexcept {
    return reservation_is_gone ? reserved_least : 0;
  }
  [[nodiscard]] constexpr std::uint64_t released_most() const noexcept {
    return reservation_is_gone ? reserved_most : 0;
  }
};

}  // namespace quire::detail
