// SPDX-License-Identifier: BSL-1.0
#pragma once
// The limit that an error met, with its numbers: the result of quire::explain.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <quire/detail/enumerations.hpp>

namespace quire {

/// Which kind of limit an error met.
enum class limit_kind : unsigned char {
  none,           // no system refused: the call itself was invalid
  unknown,        // the available sources do not tell
  address_space,  // no free range of that size
  reach,          // none so near to an address: `used` is how far away the nearest one lies, `limit` the reach
  memory,         // the machine's memory
  mappings,       // the number of mappings
  permission,
  configured,      // a limit that was set: `owner` names it
  huge_page_pool,  // the pool of the size that the typedef asks for
  unsupported      // by the kernel or the machine: `owner` names it
};

[[nodiscard]] constexpr const char* name(limit_kind kind) noexcept {
  return detail::text_of(kind, "unknown limit kind",
                         {"no limit", "unknown", "address space", "reach of an address", "memory", "number of mappings",
                          "permission", "limit", "pool of huge pages", "unsupported"});
}

/// Numbers are in bytes; for `limit_kind::mappings`, in mappings. They are taken when explain runs, which is later than
/// the error, and unknown where the system hides them. `limit_kind::unknown` may come with the limit that could not be
/// excluded.
struct explanation {
  limit_kind kind = limit_kind::unknown;
  std::string_view owner{};
  std::optional<std::uint64_t> used{};
  std::optional<std::uint64_t> limit{};
  /// The bytes that one request can get, if fewer than are left below the limit: for address space the largest free
  /// range, and 0 from `headroom` if the reservation of the typedef does not fit.
  std::uint64_t at_once = UINT64_MAX;

  /// The bytes left below the limit, as far as one request can get them.
  [[nodiscard]] constexpr std::optional<std::uint64_t> room() const noexcept {
    if (!used || !limit) return std::nullopt;
    const std::uint64_t left = *limit > *used ? *limit - *used : 0;
    return std::min(at_once, left);
  }
  friend constexpr bool operator==(const explanation&, const explanation&) = default;
};

}  // namespace quire
