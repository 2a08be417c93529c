// SPDX-License-Identifier: BSL-1.0
#pragma once
// The huge pages that an operator has set aside.
#include <algorithm>
#include <cstdint>
#include <optional>

namespace quire {

/// The system's pool of huge pages of one size, which are reserved for explicit requests. Counted in pages.
struct huge_pool {
  std::uint64_t page_bytes = 0;
  std::optional<std::uint64_t> pages, free, reserved, surplus, most_surplus;
  std::optional<std::uint64_t> left_by_groups;  // pages that this process's control groups still permit; or `no_limit`

  /// Pages that the machine still has: free and not promised to another mapping, or allocatable on demand.
  [[nodiscard]] constexpr std::optional<std::uint64_t> free_or_growable() const noexcept {
    if (!free || !reserved || !surplus || !most_surplus) return std::nullopt;
    return *free - std::min(*free, *reserved) + *most_surplus - std::min(*most_surplus, *surplus);
  }
  /// Pages of the pool that a memory of this process can still take.
  [[nodiscard]] constexpr std::optional<std::uint64_t> available() const noexcept {
    const auto stock = free_or_growable();
    if (stock == 0 || left_by_groups == 0) return 0;
    return stock && left_by_groups ? std::optional(std::min(*stock, *left_by_groups)) : std::nullopt;
  }
  friend constexpr bool operator==(const huge_pool&, const huge_pool&) = default;
};

}  // namespace quire
