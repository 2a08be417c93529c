#pragma once
// A value that was read of a machine, with where it was read. What could not be read is unknown: a state of its own,
// and never a guess.
#include <compare>
#include <optional>
#include <string_view>
#include <utility>

namespace quire {

/// Compares with values as a number that is not a number does: unknown is neither less nor equal nor greater, so that
/// `caps.memory.numa_nodes > 1` holds only if it is known to be so.
template <class T>
class reading {
 public:
  using value_type = T;

  constexpr reading() noexcept = default;
  /// `source` has to outlive the reading: a literal.
  constexpr reading(T value, std::string_view source) noexcept : value_(std::move(value)), source_(source) {}
  constexpr reading(std::optional<T> value, std::string_view source) noexcept
      : value_(std::move(value)), source_(source) {}
  [[nodiscard]] static constexpr reading unknown(std::string_view source) noexcept {
    return reading(std::nullopt, source);
  }

  [[nodiscard]] constexpr bool known() const noexcept { return value_.has_value(); }
  /// Precondition: it is known.
  [[nodiscard]] constexpr const T& value() const noexcept { return *value_; }
  [[nodiscard]] constexpr T value_or(T otherwise) const noexcept { return value_.value_or(std::move(otherwise)); }
  [[nodiscard]] constexpr const std::optional<T>& optional() const noexcept { return value_; }
  /// The file or the call that told it, or was asked in vain. Empty where nothing was asked.
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
