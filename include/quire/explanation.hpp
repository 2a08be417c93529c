#pragma once
// Which wall an error ran into, with its figures: the answer of quire::explain.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <quire/detail/enumerations.hpp>

namespace quire {

enum class limit_kind : unsigned char {
  none,           // no system said no: the call itself was wrong
  unknown,        // what could be asked does not tell
  address_space,  // no free range of that size
  memory,         // of the machine
  mappings,       // their number
  permission,
  limit,           // a limit that somebody set: `whose` it is
  huge_page_pool,  // of the size that the typedef asks for
  unsupported      // `whose` fault it is: the kernel's or the machine's
};

[[nodiscard]] constexpr const char* name(limit_kind w) noexcept {
  return detail::text_of(w, "unknown wall",
                         {"no wall", "unknown", "address space", "memory", "number of mappings", "permission", "limit",
                          "pool of huge pages", "unsupported"});
}

/// Figures are in bytes; of `wall::mappings`, in mappings. They are of the moment of asking, which is later than the
/// error, and unknown where the system hides them. An unknown wall may carry the one that could not be excluded.
struct explanation {
  quire::limit_kind limit_kind = limit_kind::unknown;
  std::string_view owner{};
  std::optional<std::uint64_t> used{};
  std::optional<std::uint64_t> limit{};
  /// Bytes that one request can have, where these are fewer than are left below the limit: of address space the largest
  /// free range, and 0 from `headroom` where the reservation of the typedef does not fit.
  std::uint64_t at_once = UINT64_MAX;

  /// What is left below the limit, as far as one request can have it.
  [[nodiscard]] constexpr std::optional<std::uint64_t> room() const noexcept {
    if (!used || !limit) return std::nullopt;
    const std::uint64_t left = *limit > *used ? *limit - *used : 0;
    return std::min(at_once, left);
  }
  friend constexpr bool operator==(const explanation&, const explanation&) = default;
};

}  // namespace quire
