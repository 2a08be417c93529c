#pragma once
// Which policies and store form a valid typedef: as a concept for tests and selection, and as static_assert messages
// for people.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include <quire/all_of.hpp>
#include <quire/first_of.hpp>
#include <quire/policy.hpp>
#include <quire/store.hpp>
#include <quire/store/purging.hpp>

namespace quire::detail {

template <class... P>
inline constexpr std::size_t choices = (std::size_t{0} + ... + (alternatives_in<P> > 1 ? 1 : 0));

template <class... P>
inline constexpr std::size_t alternatives = std::max({alternatives_in<P>...});

/// The geometry and the demands of a typedef in which a first_of is resolved to alternative `I`.
template <std::size_t I, class... P>
inline constexpr geometry geometry_of = [] {
  geometry shaped;
  (shape_by<chosen_t<I, P>>(shaped), ...);
  return shaped;
}();

template <std::size_t I, class... P>
inline constexpr demands demanded_by = [] {
  attributes requested;
  (chosen_t<I, P>{}.request(requested), ...);
  return demands_of(requested);
}();

/// Bytes of a page in the interface; 0 for policies of other axes.
template <class P>
inline constexpr std::size_t unit_of = 0;
template <page_size_policy P>
inline constexpr std::size_t unit_of<P> = P::unit;

template <class S>
consteval bool buffer_holds(std::size_t bytes, geometry shaped) {
  if (!S::traits.honours_alignment) shaped.alignment = S::largest_page;
  if constexpr (buffer_of_known_size<S>)
    return room_in(S::buffer_bytes(), shaped, {S::largest_page, S::traits.reserve_granule}) >= bytes;
  return true;
}

template <class S>
consteval bool serves_pools(std::size_t huge_bytes) {
  if constexpr (huge_pool_store<S>) return S::serves_pool_of(huge_bytes);
  return false;
}

template <class S>
consteval bool serves_purging(std::size_t granule) {
  if constexpr (purging_store<S>) return S::purges_by(granule);
  return false;
}

template <class S>
consteval bool serves_placement(numa_mode mode) {
  if constexpr (requires { S::places(mode); }) return S::places(mode);
  return numa_placing_store<S>;
}

/// The checks of alternative `I`, one member per check.
template <std::size_t I, class S, class... P>
struct compatibility {
  static constexpr demands d = demanded_by<I, P...>;
  static constexpr geometry g = geometry_of<I, P...>;
  static constexpr std::size_t pool_bytes = [] {
    attributes requested;
    (chosen_t<I, P>{}.request(requested), ...);
    return requested.huge_bytes;
  }();
  static constexpr numa_mode placed = [] {
    attributes requested;
    (chosen_t<I, P>{}.request(requested), ...);
    return requested.numa.mode;
  }();

  static constexpr bool agreed = agree(chosen_t<I, P>{}...);
  static constexpr bool guards = (g.guard_before == 0 && g.guard_after == 0 && g.reach == 0) ||
                                 (S::traits.fault != fault::none && protectable_store<S>);
  static constexpr bool reach = is_plannable(g);
  static constexpr bool alignable = S::traits.honours_alignment || g.alignment == geometry{}.alignment;
  static constexpr bool blocks = std::has_single_bit(g.alignment) && std::has_single_bit(g.commit_block) &&
                                 std::has_single_bit(g.access_block) && g.access_block <= g.commit_block;
  static constexpr bool huge_advice = !d.huge_advice || huge_advising_store<S>;
  static constexpr bool huge_pool = !d.huge_pool || serves_pools<S>(pool_bytes);
  static constexpr bool numa = !d.numa || serves_placement<S>(placed);
  static constexpr bool population = !d.population || populating_store<S>;
  static constexpr bool assurance = !d.assurance || assuring_store<S>;
  static constexpr bool locking = !d.locking || locking_store<S>;
  static constexpr bool dumps = !d.dump_exclusion || dump_excluding_store<S>;
  static constexpr bool forks = !d.fork_exclusion || fork_excluding_store<S>;
  static constexpr bool naming = !d.naming || naming_store<S>;
  static constexpr bool vm_tag = !d.vm_tag || vm_tagging_store<S>;
  static constexpr bool tags = !d.hardware_tags || tagging_store<S>;
  static constexpr bool purging = d.purge_granule == 0 || serves_purging<S>(d.purge_granule);
  static constexpr bool purgeable = d.purge_granule == 0 || !(d.locking || d.huge_pool || d.hardware_tags);
  // A granule cut by the end of the memory could be volatile although no range could name it.
  static constexpr bool uncut = d.purge_granule == 0 || ((unit_of<P> == 0 || g.commit_block <= unit_of<P>) && ...);
  static constexpr bool one_checker = !d.hardware_tags || !d.kept_tags;
  static constexpr bool one_registry = is_same_registry<d.registry, demanded_by<0, P...>.registry>;
  static constexpr bool buffer = (buffer_holds<S>(unit_of<P>, g) && ...);
  static constexpr bool odd =
      !g.odd_granule_count || std::max({g.commit_block, g.access_block, S::largest_page}) <= S::traits.reserve_granule;

  static constexpr bool all = agreed && guards && reach && alignable && blocks && huge_advice && huge_pool && numa &&
                              population && assurance && locking && dumps && forks && naming && vm_tag && tags &&
                              purging && purgeable && uncut && one_checker && one_registry && buffer && odd;
};

template <class S, class... P>
consteval bool all_alternatives_fit() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (compatibility<I, S, P...>::all && ...);
  }(std::make_index_sequence<alternatives<P...>>{});
}

template <std::size_t I, class S, class... P>
struct compatibility_diagnostics {
  using f = compatibility<I, S, P...>;
  static_assert(f::agreed, "quire: two policies of this typedef contradict each other");
  static_assert(f::guards,
                "quire: guards and index spaces need a store whose reserved pages fault and that can change "
                "the access of its pages");
  static_assert(f::reach, "quire: these guards, blocks or this index space do not fit the target's address space");
  static_assert(f::alignable, "quire: this page size policy needs a store that can align its reservations");
  static_assert(f::blocks, "quire: alignments and blocks are powers of two");
  static_assert(f::huge_advice, "quire: this page size policy needs a store that takes advice on huge pages");
  static_assert(f::huge_pool, "quire: this page size policy needs a store with a pool of huge pages of that size");
  static_assert(f::numa, "quire: this placement policy needs a store that can place pages on NUMA nodes");
  static_assert(f::tags, "quire: this tagging policy needs a store over hardware that checks tags (Linux on arm64)");
  static_assert(f::population, "quire: this residency policy needs a store that can populate pages");
  static_assert(f::assurance, "quire: this residency policy needs a store that can tell how much memory is left");
  static_assert(f::locking, "quire: this residency policy needs a store that can lock pages");
  static_assert(f::dumps, "quire: this residency policy needs a store that can leave pages out of core dumps");
  static_assert(f::forks,
                "quire: this residency policy, or a pool of huge pages, needs a store that can leave pages out of "
                "child processes");
  static_assert(f::naming, "quire: this tagging policy needs a store that can name its mappings");
  static_assert(f::vm_tag, "quire: this tagging policy needs a store whose mappings take a VM tag");
  static_assert(
      f::purging,
      "quire: this residency policy needs a store that can tell whether purged contents survived, by granules "
      "of that size");
  static_assert(f::purgeable, "quire: purgeable memory is not locked, not from a pool, and not tagged by hardware");
  static_assert(f::uncut,
                "quire: purgeable granules and blocks are no larger than a page (page_size::in_units_of makes larger "
                "pages)");
  static_assert(f::one_checker, "quire: tags are checked by hardware or by a tag registry, not by both");
  static_assert(f::one_registry, "quire: tags that a registry checks have no alternatives: no first_of");
  static_assert(f::buffer,
                "quire: this store's buffer does not hold one page: it needs a larger one, or a smaller page "
                "(page_size::in_units_of)");
  static_assert(f::odd,
                "quire: distinct neighbours need pages and blocks no larger than the granule in which the store "
                "reserves");
};

template <class Sequence, class S, class... P>
struct alternatives_in_sentences;
template <std::size_t... I, class S, class... P>
struct alternatives_in_sentences<std::index_sequence<I...>, S, P...> : compatibility_diagnostics<I, S, P...>... {};

template <bool Policies, class S, class... P>
struct store_in_sentences {};
template <class S, class... P>
struct store_in_sentences<true, S, P...>
    : alternatives_in_sentences<std::make_index_sequence<alternatives<P...>>, S, P...> {};

}  // namespace quire::detail

namespace quire {

/// Whether page_allocator<S, P, T, Z, L, R> compiles.
template <class S, class P, class T, class Z, class L, class R>
concept composable =
    backing_store<S> && protection_policy<P> && tagging_policy<T> && page_size_policy<Z> && placement_policy<L> &&
    residency_policy<R> && detail::choices<P, T, Z, L, R> <= 1 && detail::all_alternatives_fit<S, P, T, Z, L, R>();

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
                             placement_policy<L> && residency_policy<R> && choices<P, T, Z, L, R> <= 1,
                         S, P, T, Z, L, R>,
      policy_in_sentences<P, axes::protection, protection_policy<P>>,
      policy_in_sentences<T, axes::tagging, tagging_policy<T>>,
      policy_in_sentences<Z, axes::page_size, page_size_policy<Z>>,
      policy_in_sentences<L, axes::placement, placement_policy<L>>,
      policy_in_sentences<R, axes::residency, residency_policy<R>> {
  static_assert(backing_store<S>, "quire: the first argument of page_allocator is a backing store");
  static_assert(on_axis<P, axes::protection>, "quire: the second argument of page_allocator is a protection policy");
  static_assert(on_axis<T, axes::tagging>, "quire: the third argument of page_allocator is a tagging policy");
  static_assert(on_axis<Z, axes::page_size>, "quire: the fourth argument of page_allocator is a page size policy");
  static_assert(on_axis<L, axes::placement>, "quire: the fifth argument of page_allocator is a placement policy");
  static_assert(on_axis<R, axes::residency>,
                "quire: the sixth argument of page_allocator is a residency policy (if it "
                "was left out: include quire/residency/on_demand.hpp)");
  static_assert(choices<P, T, Z, L, R> <= 1, "quire: at most one axis of a typedef has a first_of");
};

}  // namespace detail
}  // namespace quire
