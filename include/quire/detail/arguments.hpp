// SPDX-License-Identifier: BSL-1.0
#pragma once
// Finds constructor arguments by their exact type, in any order.
#include <cstddef>
#include <type_traits>

namespace quire::detail {

template <class T, class... Given>
inline constexpr std::size_t times_given = (std::size_t{0} + ... + (std::is_same_v<T, Given> ? 1 : 0));

/// Whether a part has data that only the caller can provide; an adaptor may begin with data of its own.
template <class T>
inline constexpr bool must_be_given = !std::is_empty_v<T>;
template <class T>
  requires requires { typename std::bool_constant<T::must_be_given>; }
inline constexpr bool must_be_given<T> = T::must_be_given;

/// Its name is the compiler's message if no argument is given at all: before C++26 a deleted function cannot state a
/// reason in any other way.
struct a_policy_or_store_that_holds_data_must_be_given_to_the_constructor {};

/// A part of an allocator that is about to be moved into. Stores that users must not construct without the object that
/// they draw from provide a function of this name.
template <class T>
[[nodiscard]] constexpr T vacant() noexcept {
  if constexpr (requires { T::vacant(); })
    return T::vacant();
  else
    return T{};
}

template <class Wanted, class First, class... Rest>
[[nodiscard]] constexpr const Wanted& only(const First& first, const Rest&... rest) noexcept {
  if constexpr (std::is_same_v<Wanted, First>)
    return first;
  else
    return only<Wanted>(rest...);
}

/// The argument of type `Wanted`; an empty part need not be given.
template <class Wanted, class... Given>
[[nodiscard]] constexpr Wanted argument(const Given&... given) noexcept {
  static_assert(!must_be_given<Wanted> || times_given<Wanted, Given...> > 0,
                "quire: a policy or store that holds data must be given to the constructor");
  static_assert(times_given<Wanted, Given...> <= 1, "quire: an argument of this type was given twice");
  if constexpr (times_given<Wanted, Given...> == 1)
    return only<Wanted>(given...);
  else
    return vacant<Wanted>();
}

/// Whether the store adaptor `S` wraps `X`, directly or through other adaptors: then `X` may be given instead of `S`.
template <class S, class X>
inline constexpr bool is_wrapped_in = false;
template <class S, class X>
  requires requires { typename S::wrapped; }
inline constexpr bool is_wrapped_in<S, X> =
    std::is_same_v<typename S::wrapped, X> || is_wrapped_in<typename S::wrapped, X>;

template <class S, class... Given>
[[nodiscard]] constexpr S store_argument(const Given&... given) noexcept {
  if constexpr ((is_wrapped_in<S, Given> || ...))
    return S{store_argument<typename S::wrapped>(given...)};
  else
    return argument<S>(given...);
}

}  // namespace quire::detail
