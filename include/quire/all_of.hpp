// SPDX-License-Identifier: BSL-1.0
#pragma once
// Policies of one axis, combined: locked and excluded from dumps, or guarded and with the reach of an index space.
#include <boost/config.hpp>
#include <type_traits>

#include <quire/detail/arguments.hpp>
#include <quire/detail/policy_list.hpp>
#include <quire/policy.hpp>

namespace quire {

/// Constructed as `all_of{A{…}, B{…}}` if one of them has data. Policies that contradict each other do not compile.
template <class... P>
struct all_of {
  static_assert(sizeof...(P) > 0 && (policy<P> && ...), "quire: all_of joins policies");
  /// That of all of them.
  using axis = typename decltype(detail::policy_list<P...>{}.first)::axis;
  static_assert((on_axis<P, axis> && ...), "quire: the policies in all_of belong to one axis");
  static_assert(((detail::times_given<P, P...> == 1) && ...), "quire: a policy stands in all_of once");
  static_assert(!std::is_same_v<axis, axes::page_size>, "quire: a memory is made of one kind of page: no all_of");
  static_assert((detail::asks(P{}) && ...), "quire: a policy that asks for nothing has no place in all_of");
  static_assert(detail::agree<P...>, "quire: the policies in all_of contradict each other");

  constexpr all_of() noexcept = default;
  /// With policies that hold data, in the order of the template's arguments.
  constexpr explicit all_of(P... policies) noexcept
    requires(sizeof...(P) > 0)
      : joined(policies...) {}

  /// Writes the requests of all.
  constexpr void request(attributes& a) const noexcept { joined.request(a); }
  /// Shapes as all do that shape.
  static constexpr void shape(geometry& g) noexcept
    requires(shaping<P> || ...)
  {
    (detail::shape_by<P>(g), ...);
  }

  /// The policies; those without data take no room.
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS detail::policy_list<P...> joined{};
};
template <class... P>
all_of(P...) -> all_of<P...>;

}  // namespace quire
