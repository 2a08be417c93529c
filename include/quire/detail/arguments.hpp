#pragma once
// Constructor arguments are found by their exact type, in any order.
#include <cstddef>
#include <type_traits>

namespace quire::detail {

template <class T, class... Given>
inline constexpr std::size_t times_given = (std::size_t{0} + ... + (std::is_same_v<T, Given> ? 1 : 0));

/// The argument of type `Wanted`; a part that is empty need not be given.
template <class Wanted, class... Given>
[[nodiscard]] constexpr Wanted argument(const Given&... given) noexcept {
  static_assert(std::is_empty_v<Wanted> || times_given<Wanted, Given...> > 0,
                "quire: a policy or store that holds data must be given to the constructor");
  static_assert(times_given<Wanted, Given...> <= 1, "quire: an argument of this type was given twice");
  Wanted wanted{};
  const auto take = [&wanted](const auto& value) {
    if constexpr (std::is_same_v<Wanted, std::remove_cvref_t<decltype(value)>>) wanted = value;
  };
  (take(given), ...);
  return wanted;
}

}  // namespace quire::detail
