// SPDX-License-Identifier: BSL-1.0
#pragma once
// The order of two elements of a container, as the standard containers determine it.
#include <compare>

namespace quire::detail {

/// By `<=>` if the type has it, or else by `<`.
struct ordering_of {
  template <class T>
  [[nodiscard]] constexpr auto operator()(const T& x, const T& y) const {
    if constexpr (std::three_way_comparable<T>)
      return x <=> y;
    else
      return x < y ? std::weak_ordering::less : y < x ? std::weak_ordering::greater : std::weak_ordering::equivalent;
  }
};

}  // namespace quire::detail
