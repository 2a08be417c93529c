#pragma once
// Policies of one axis in order of preference: allocate takes the first one whose request this machine fulfils.
#include <boost/config.hpp>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <quire/detail/policy_list.hpp>
#include <quire/policy.hpp>

namespace quire {

template <class... P>
struct first_of;

namespace detail {

template <class P>
inline constexpr std::size_t alternatives_in = 1;
template <class... P>
inline constexpr std::size_t alternatives_in<first_of<P...>> = sizeof...(P);

/// The unit that all of them share; 0, which is no valid unit, if they differ or their axis has none.
template <class... P>
inline constexpr std::size_t shared_unit = 0;
template <page_size_policy First, page_size_policy... Rest>
  requires((First::unit == Rest::unit) && ...)
inline constexpr std::size_t shared_unit<First, Rest...> = First::unit;

}  // namespace detail

/// Constructed as `first_of{A{…}, B{…}}` if one of them has data. All alternatives must compile over the store. If the
/// request of one fails, or its reservation, allocate undoes everything and plans again with the next. The allocator
/// keeps the index of the one that acts. Where first_of itself is used as a policy, it is its first choice.
template <class... P>
struct first_of {
  static_assert(sizeof...(P) > 0 && (policy<P> && ...), "quire: first_of chooses between policies");
  using axis = typename decltype(detail::policy_list<P...>{}.first)::axis;
  static_assert((on_axis<P, axis> && ...), "quire: the policies in first_of belong to one axis");
  static_assert(((detail::times_in<P, P...> == 1) && ...), "quire: a policy stands in first_of once");
  static_assert(((detail::alternatives_in<P> == 1) && ...), "quire: a first_of does not stand in another");

  constexpr first_of() noexcept = default;
  constexpr explicit first_of(P... policies) noexcept
    requires(sizeof...(P) > 0)
      : alternatives(policies...) {}

  constexpr void request(attributes& a) const noexcept { alternatives.first.request(a); }
  static constexpr void shape(geometry& g) noexcept
    requires(shaping<P> && ...)
  {
    decltype(detail::policy_list<P...>{}.first)::shape(g);
  }
  static constexpr std::size_t unit = detail::shared_unit<P...>;

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS detail::policy_list<P...> alternatives{};
};
template <class... P>
first_of(P...) -> first_of<P...>;

namespace detail {

/// Alternative `I` of a first_of; any other policy is its own only alternative.
template <std::size_t I, class P>
[[nodiscard]] constexpr const P& chosen(const P& p) noexcept {
  return p;
}
template <std::size_t I, class... P>
[[nodiscard]] constexpr const auto& chosen(const first_of<P...>& p) noexcept {
  return p.alternatives.template get<I>();
}

template <std::size_t I, class P>
using chosen_t = std::remove_cvref_t<decltype(chosen<I>(std::declval<const P&>()))>;

}  // namespace detail
}  // namespace quire
