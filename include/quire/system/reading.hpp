// SPDX-License-Identifier: BSL-1.0
#pragma once
// A value that was read from a machine, with its source. A value that could not be read is unknown: a state of its own,
// never a guess.
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace quire {

/// The value of a limit that does not exist.
inline constexpr std::uint64_t no_limit = UINT64_MAX;

/// Compares with values as NaN does: unknown is neither less nor equal nor greater, so that `caps.memory.numa_nodes >
/// 1` holds only if the number is known.
template <class T>
class reading {
 public:
  constexpr reading() noexcept = default;
  /// `source` must outlive the reading: use a literal.
  constexpr reading(T value, std::string_view source) noexcept : value_(std::move(value)), source_(source) {}
  constexpr reading(std::optional<T> value, std::string_view source) noexcept
      : value_(std::move(value)), source_(source) {}
  /// A value that the source did not tell.
  [[nodiscard]] static constexpr reading unknown(std::string_view source) noexcept {
    return reading(std::nullopt, source);
  }

  /// Whether there is a value.
  [[nodiscard]] constexpr bool known() const noexcept { return value_.has_value(); }
  /// Precondition: known().
  [[nodiscard]] constexpr const T& value() const noexcept { return *value_; }
  /// The value, or another one if it is unknown.
  [[nodiscard]] constexpr T value_or(T otherwise) const noexcept { return value_.value_or(std::move(otherwise)); }
  /// The value; empty if it is unknown.
  [[nodiscard]] constexpr const std::optional<T>& optional() const noexcept { return value_; }
  /// The file or call that gave the value, or was consulted in vain. Empty if none was consulted.
  [[nodiscard]] constexpr std::string_view source() const noexcept { return source_; }

  friend constexpr bool operator==(const reading& a, const T& b) noexcept { return a.known() && *a.value_ == b; }
  friend constexpr std::partial_ordering operator<=>(const reading& a, const T& b) noexcept
    requires std::three_way_comparable<T>
  {
    return a.known() ? std::partial_ordering(*a.value_ <=> b) : std::partial_ordering::unordered;
  }

 private:
  std::optional<T> value_{};
  std::string_view source_{};
};

}  // namespace quire
