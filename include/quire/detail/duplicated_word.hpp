// SPDX-License-Identifier: BSL-1.0
#pragma once
// A word that is stored twice, the second time inverted, so that both a flipped bit and an overwrite of the pair are
// detected.
#include <cstdint>
#include <type_traits>

namespace quire {

/// A bookkeeping word, see quire/store.hpp. The same bit flipped in both copies is not detected.
template <class T>
  requires std::is_unsigned_v<T> || std::is_pointer_v<T>
class duplicated {
 public:
  constexpr duplicated() noexcept = default;
  constexpr duplicated(T value) noexcept : value_(value), inverse_(~bits(value)) {}

  constexpr operator T() const noexcept { return value_; }
  [[nodiscard]] constexpr bool intact() const noexcept { return bits(value_) == ~inverse_; }

 private:
  static constexpr std::uintptr_t bits(T value) noexcept {
    if constexpr (!std::is_pointer_v<T>)
      return value;
    else
      return value == nullptr ? 0 : reinterpret_cast<std::uintptr_t>(value);  // null also in a constant expression
  }

  T value_{};
  std::uintptr_t inverse_ = ~std::uintptr_t{0};
};

}  // namespace quire
