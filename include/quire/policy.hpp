// SPDX-License-Identifier: BSL-1.0
#pragma once
// The policy interface: a policy is a plain value that names its axis and writes its requests. It never makes a system
// call.
//
// | member | axes | meaning |
// |---|---|---|
// | `using axis` | all | one of `quire::axes`, so that a policy in the wrong place is diagnosed |
// | `void request(attributes&) const` | all | writes the requests to the store; constexpr, noexcept |
// | `static void shape(geometry&)` | protection, page size; others may | guards, reach, alignment, blocks; constexpr, noexcept |
// | `static unit` | page size | bytes of one page in the interface |
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <quire/policy/attributes.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/store.hpp>

namespace quire {

namespace axes {
/// What lies around the memory, and how far it may be reached.
struct protection {};
/// Tags of pointers and names of mappings.
struct tagging {};
/// The pages that the memory consists of.
struct page_size {};
/// The nodes and the addresses where pages lie.
struct placement {};
/// When pages are in memory, and in which processes.
struct residency {};
}  // namespace axes

namespace residency {
struct on_demand;  // the default; defined in quire/residency/on_demand.hpp
}

/// A type that names this axis.
template <class P, class Axis>
concept on_axis = requires { requires std::same_as<typename P::axis, Axis>; };

namespace detail {
/// A member of the table that is misdeclared: not const or static, potentially throwing, or not returning void.
template <class P>
concept misdeclares_request = requires(P& p, attributes& a) { p.request(a); } && !requires(const P& p, attributes& a) {
  { p.request(a) } noexcept -> std::same_as<void>;
};
template <class P>
concept misdeclares_shape = requires(P& p, geometry& g) { p.shape(g); } && !requires(geometry& g) {
  { P::shape(g) } noexcept -> std::same_as<void>;
};
}  // namespace detail

/// A policy of this axis: a plain value that writes its requests.
template <class P, class Axis>
concept policy_of = on_axis<P, Axis> && plain_value<P> && std::is_nothrow_default_constructible_v<P> &&
                    !detail::misdeclares_shape<P> && requires(const P& p, attributes& a) {
                      { p.request(a) } noexcept -> std::same_as<void>;
                    };

/// A policy that also decides sizes and alignments.
template <class P>
concept shaping = requires(geometry& g) {
  { P::shape(g) } noexcept -> std::same_as<void>;
};

/// A policy of what lies around a memory: the first of an allocator's five.
template <class P>
concept protection_policy = policy_of<P, axes::protection> && shaping<P>;
/// A policy of tags and names: the second.
template <class P>
concept tagging_policy = policy_of<P, axes::tagging>;
/// A policy of the pages that a memory consists of, which also says in which unit the allocator counts: the third.
template <class P>
concept page_size_policy = policy_of<P, axes::page_size> && shaping<P> &&
                           requires { typename std::integral_constant<std::size_t, P::unit>; } && P::unit != 0;
/// A policy of nodes and addresses: the fourth.
template <class P>
concept placement_policy = policy_of<P, axes::placement>;
/// A policy of when pages are in memory: the fifth.
template <class P>
concept residency_policy = policy_of<P, axes::residency>;

/// A policy of any axis.
template <class P>
concept policy =
    protection_policy<P> || tagging_policy<P> || page_size_policy<P> || placement_policy<P> || residency_policy<P>;

namespace detail {

template <class P>
constexpr void shape_by(geometry& g) noexcept {
  if constexpr (shaping<P>) P::shape(g);
}

/// Policies contradict each other if their order matters, that is, if they write different values into one field. Each
/// pair is compared once in a program.
template <class A, class B>
inline constexpr bool commute = [] {
  const A one{};
  const B other{};
  attributes forwards, backwards;
  one.request(forwards), other.request(forwards);
  other.request(backwards), one.request(backwards);
  return forwards == backwards;
}();
template <class... P>
inline constexpr bool agree = true;
template <class First, class... Rest>
inline constexpr bool agree<First, Rest...> = (commute<First, Rest> && ...) && agree<Rest...>;

/// Whether a policy requests anything at all.
template <class P>
consteval bool asks(const P& policy) noexcept {
  attributes requested;
  geometry shaped;
  policy.request(requested);
  shape_by<P>(shaped);
  return requested != attributes{} || shaped != geometry{};
}

}  // namespace detail
}  // namespace quire
