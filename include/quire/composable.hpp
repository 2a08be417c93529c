// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which policies and store form a valid typedef: as a concept for tests and selection, and as static_assert messages
// for people.
#include <algorithm>
#include <bit>
#include <cstddef>

#include <quire/all_of.hpp>
#include <quire/capabilities.hpp>
#include <quire/policy.hpp>
#include <quire/store.hpp>

namespace quire::detail {

template <class... P>
inline constexpr geometry geometry_of = [] {
  geometry shaped;
  (shape_by<P>(shaped), ...);
  return shaped;
}();

/// What policies request by their type alone. Data is left out: nodes and a name may lie in a policy that is gone.
template <class... P>
consteval attributes requests_of_types() {
  attributes requested;
  (P{}.request(requested), ...);
  requested.numa.nodes = {};
  if (requested.mapping_name.given()) requested.mapping_name = "";
  return requested;
}
template <class... P>
inline constexpr demands demanded_by = demands_of(requests_of_types<P...>());

/// Bytes of a page in the interface; 0 for policies of other axes.
template <class P>
inline constexpr std::size_t unit_of = 0;
template <page_size_policy P>
inline constexpr std::size_t unit_of<P> = P::unit;

template <class S>
inline constexpr granules granules_of{.page = S::largest_page, .reservation = S::traits.reserve_granule};

/// The geometry over a store that may place reservations at its own alignment only.
template <class S, class... P>
inline constexpr geometry shape_over = [] {
  geometry shaped = geometry_of<P...>;
  if (!S::traits.honours_alignment) shaped.alignment = S::largest_page;
  return shaped;
}();

template <class S>
consteval bool buffer_holds(std::size_t bytes, const geometry& shaped) {
  if constexpr (buffer_of_known_size<S>) return room_in(S::buffer_bytes(), shaped, granules_of<S>) >= bytes;
  return true;
}

/// The checks of a typedef, one member per check.
template <class S, class... P>
struct compatibility {
  static constexpr demands demanded = demanded_by<P...>;
  static constexpr geometry shaped = geometry_of<P...>;
  static constexpr bool is_pool = demanded.has<capability::huge_pool>(),
                        has_hardware_tags = demanded.has<capability::hardware_tags>();

  static constexpr bool agreed = agree<P...>;
  static constexpr bool guards = (shaped.guard_before == 0 && shaped.guard_after == 0 && shaped.reach == 0) ||
                                 (S::traits.fault != fault::none && protectable_store<S>);
  static constexpr bool reach = is_plannable(shaped);
  static constexpr bool alignable = S::traits.honours_alignment || shaped.wanted_alignment <= S::largest_page;
  static constexpr bool powers = std::has_single_bit(shaped.alignment) && std::has_single_bit(shaped.commit_block) &&
                                 std::has_single_bit(shaped.access_block);
  static constexpr bool blocks = shaped.access_block <= shaped.commit_block;
  static constexpr bool purgeable =
      demanded.purge_granule == 0 || !(demanded.has<capability::locking>() || is_pool || has_hardware_tags);
  // A granule cut by the end of the memory could be volatile although no range could name it.
  static constexpr bool whole_granules =
      demanded.purge_granule == 0 || ((unit_of<P> == 0 || shaped.commit_block <= unit_of<P>) && ...);
  static constexpr bool one_checker = !has_hardware_tags || !demanded.registered_tags;
  static constexpr bool buffer = (buffer_holds<S>(unit_of<P>, shape_over<S, P...>) && ...);
  static constexpr bool neighbours =
      !shaped.odd_granule_count ||
      std::max({shaped.commit_block, shaped.access_block, S::largest_page}) <= S::traits.reserve_granule;

  static constexpr bool all = agreed && guards && reach && alignable && powers && blocks && purgeable &&
                              whole_granules && one_checker && buffer && neighbours &&
                              all_served<S>(requests_of_types<P...>(), capabilities{});
};

template <class S, class List, class... P>
struct capabilities_in_sentences;
template <class S, class... C, class... P>
struct capabilities_in_sentences<S, capability_list<C...>, P...>
    : C::template sentence<is_served<C, S>(requests_of_types<P...>())>... {};

template <bool Policies, class S, class... P>
struct store_in_sentences {};
template <class S, class... P>
struct store_in_sentences<true, S, P...> : capabilities_in_sentences<S, capabilities, P...> {
  using checks = compatibility<S, P...>;
  static_assert(checks::agreed, "quire: two policies of this typedef contradict each other");
  static_assert(checks::guards,
                "quire: guards and index spaces need a store whose reserved pages fault and that can change "
                "the access of its pages");
  static_assert(checks::reach, "quire: these guards, blocks or this index space do not fit the target's address space");
  static_assert(checks::alignable, "quire: this alignment needs a store that can align its reservations");
  static_assert(checks::powers, "quire: alignments and blocks are powers of two");
  static_assert(checks::blocks, "quire: access changes in blocks no larger than those that are committed");
  static_assert(checks::purgeable,
                "quire: purgeable memory is not locked, not from a pool, and not tagged by hardware");
  static_assert(checks::whole_granules,
                "quire: purgeable granules and blocks are no larger than a page (page_size::in_units_of makes larger "
                "pages)");
  static_assert(checks::one_checker, "quire: tags are checked by hardware or by a tag registry, not by both");
  static_assert(checks::buffer,
                "quire: this store's buffer does not hold one page: it needs a larger one, or a smaller page "
                "(page_size::in_units_of)");
  static_assert(checks::neighbours,
                "quire: distinct neighbours need pages and blocks no larger than the granule in which the store "
                "reserves");
};

}  // namespace quire::detail

namespace quire {

/// Whether page_allocator<S, P, T, Z, L, R> compiles.
template <class S, class P, class T, class Z, class L, class R>
concept composable = backing_store<S> && protection_policy<P> && tagging_policy<T> && page_size_policy<Z> &&
                     placement_policy<L> && residency_policy<R> && detail::compatibility<S, P, T, Z, L, R>::all;

namespace detail {

/// Diagnoses a policy on its own axis that lacks a member, misdeclares one, or is not a plain value.
template <class P, class Axis, bool Complete>
struct policy_in_sentences {
  static_assert(!on_axis<P, Axis> || !misdeclares_request<P>,
                "quire: a policy's request is `constexpr void request(quire::attributes&) const noexcept`");
  static_assert(!on_axis<P, Axis> || !misdeclares_shape<P>,
                "quire: a policy's shape is `static constexpr void shape(quire::geometry&) noexcept`");
  static_assert(
      !on_axis<P, Axis> || Complete || misdeclares_request<P> || misdeclares_shape<P>,
      "quire: a policy is a plain value (trivially copyable, default constructible, not polymorphic) with all "
      "members of its axis, see quire/policy.hpp");
};

/// Explains why a typedef does not compile: one message per missing requirement, and nothing else.
template <class S, class P, class T, class Z, class L, class R>
struct composition_in_sentences
    : store_in_sentences<backing_store<S> && protection_policy<P> && tagging_policy<T> && page_size_policy<Z> &&
                             placement_policy<L> && residency_policy<R>,
                         S, P, T, Z, L, R>,
      policy_in_sentences<P, axes::protection, protection_policy<P>>,
      policy_in_sentences<T, axes::tagging, tagging_policy<T>>,
      policy_in_sentences<Z, axes::page_size, page_size_policy<Z>>,
      policy_in_sentences<L, axes::placement, placement_policy<L>>,
      policy_in_sentences<R, axes::residency, residency_policy<R>> {
  static_assert(backing_store<S>, "quire: the first argument of page_allocator must be a backing store");
  static_assert(on_axis<P, axes::protection>,
                "quire: the second argument of page_allocator must be a protection policy");
  static_assert(on_axis<T, axes::tagging>, "quire: the third argument of page_allocator must be a tagging policy");
  static_assert(on_axis<Z, axes::page_size>, "quire: the fourth argument of page_allocator must be a page size policy");
  static_assert(on_axis<L, axes::placement>, "quire: the fifth argument of page_allocator must be a placement policy");
  static_assert(on_axis<R, axes::residency>,
                "quire: the sixth argument of page_allocator must be a residency policy (if it "
                "was left out: include quire/residency/on_demand.hpp)");
};

}  // namespace detail
}  // namespace quire
