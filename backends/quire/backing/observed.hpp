// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store adaptor that tells an observer of every step: what was done, to which pages, for how long, and what was
// refused.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <quire/access.hpp>
#include <quire/backing/detail/common/told_steps.hpp>
#include <quire/capabilities.hpp>
#include <quire/detail/arguments.hpp>
#include <quire/step_observer.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/store/purging.hpp>
#include <quire/store/regions.hpp>
#include <quire/store/reuse.hpp>

namespace quire::backing {

template <backing_store S, class Observer>
class observed;

namespace detail {

/// A store that memories have if they start from no image is observed as well.
template <class S, class Observer>
struct observed_base : told_steps<S, Observer> {
  using told_steps<S, Observer>::told_steps;
};
template <class S, class Observer>
  requires requires { typename S::plain; }
struct observed_base<S, Observer> : told_steps<S, Observer> {
  using told_steps<S, Observer>::told_steps;
  /// The store of memories that start from no image.
  using plain = observed<typename S::plain, Observer>;
};

}  // namespace detail

/// Has exactly the capabilities of `S`, with its calls, codes and constants, and no data besides. The observer is told
/// after each operation that may change pages, addresses or their configuration, and of checks that may refuse an
/// operation of the user (`assure`, `check_discard`, tags). It is not told of questions (`observe`, `count_mappings`,
/// the cause of a refusal), of keys, of scanners that are opened, of handles that are closed, nor of anything without a
/// call of the store, such as a refused argument.
///
/// Cost of a step: that of `Observer::saw`, and of two readings of its clock if it has one.
template <backing_store S, class Observer>
class observed : public detail::observed_base<S, Observer> {
  static_assert(step_observer<Observer>,
                "quire: an observer is an empty type with `static void saw(const quire::observed_step&) noexcept`, see "
                "quire/step_observer.hpp");
  static_assert(!image_backed_store<S> && !charging_store<S> && !growth_serializing_store<S> && !recycling_store<S>,
                "quire: an observer stands beside the system: with_images, with_partition, with_concurrent_growth and "
                "with_recycling go around with_observer<A, Observer>");
  using as = detail::told<S, Observer>;

 public:
  using wrapped = S;
  static constexpr bool must_be_given = quire::detail::must_be_given<S>;

  constexpr observed() noexcept = default;
  /// Takes the store that acts.
  constexpr explicit observed(S store) noexcept : detail::observed_base<S, Observer>(store) {}
  [[nodiscard]] static constexpr observed vacant() noexcept
    requires must_be_given
  {
    return observed(quire::detail::vacant<S>());
  }

  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& a) noexcept {
    const as it(step::reserve, "reserve");
    const reservation got = S::reserve(bytes, alignment, a);
    return it.of({got.native == 0 ? got.base : nullptr, bytes}, got);
  }
  BOOST_FORCEINLINE int commit(page_run r, const attributes& a) noexcept {
    const as it(step::commit, "commit");
    return it.of(r, S::commit(r, a));
  }
  BOOST_FORCEINLINE outcome decommit(page_run r, const attributes& a) noexcept {
    const as it(step::decommit, "decommit");
    return it.of(r, outcome(S::decommit(r, a)));
  }
  BOOST_FORCEINLINE outcome decommit_in_place(page_run r, const attributes& a) noexcept
    requires in_place_decommitting_store<S>
  {
    const as it(step::decommit, "decommit_in_place");
    return it.of(r, outcome(S::decommit_in_place(r, a)));
  }
  BOOST_FORCEINLINE int release(page_run whole, page_run accessible, const attributes& a) noexcept {
    const as it(step::release, "release");
    return it.of(whole, S::release(whole, accessible, a));
  }
  BOOST_FORCEINLINE int protect(page_run r, access wanted, const attributes& a) noexcept
    requires protectable_store<S>
  {
    const as it(step::protect, "protect");
    return it.of(r, S::protect(r, wanted, a));
  }
  BOOST_FORCEINLINE outcome discard(page_run r, const attributes& a) noexcept
    requires discarding_store<S>
  {
    const as it(step::discard, "discard");
    return it.of(r, outcome(S::discard(r, a)));
  }
  int check_discard(page_run r) noexcept
    requires discard_precheck_store<S>
  {
    const as it(step::discard, "check_discard");
    return it.of(r, S::check_discard(r));
  }
  int collapse(page_run r, std::size_t block) noexcept
    requires collapsing_store<S>
  {
    const as it(step::populate, "collapse");
    return it.of(r, S::collapse(r, block));
  }

  // What policies demand.

  BOOST_FORCEINLINE int place(page_run r, const numa_request& request) noexcept
    requires numa_placing_store<S>
  {
    const as it(step::configure, "place");
    return it.of(r, S::place(r, request));
  }
  BOOST_FORCEINLINE int advise_huge(page_run r, huge_request request) noexcept
    requires huge_advising_store<S>
  {
    const as it(step::configure, "advise_huge");
    return it.of(r, S::advise_huge(r, request));
  }
  BOOST_FORCEINLINE int exclude_from_dumps(page_run r) noexcept
    requires dump_excluding_store<S>
  {
    const as it(step::configure, "exclude_from_dumps");
    return it.of(r, S::exclude_from_dumps(r));
  }
  BOOST_FORCEINLINE int exclude_from_forks(page_run r) noexcept
    requires fork_excluding_store<S>
  {
    const as it(step::configure, "exclude_from_forks");
    return it.of(r, S::exclude_from_forks(r));
  }
  BOOST_FORCEINLINE int name(page_run r, const char* text) noexcept
    requires naming_store<S>
  {
    const as it(step::configure, "name");
    return it.of(r, S::name(r, text));
  }
  BOOST_FORCEINLINE int assure(page_run r, const attributes& a) noexcept
    requires assuring_store<S>
  {
    const as it(step::commit, "assure");
    return it.of(r, S::assure(r, a));
  }
  BOOST_FORCEINLINE int recheck_headroom(page_run r, const attributes& a) const noexcept
    requires assuring_store<S>
  {
    const as it(step::commit, "recheck_headroom");
    return it.of(r, S::recheck_headroom(r, a));
  }
  BOOST_FORCEINLINE int populate(page_run r, const attributes& a) noexcept
    requires populating_store<S>
  {
    const as it(step::populate, "populate");
    return it.of(r, S::populate(r, a));
  }
  BOOST_FORCEINLINE int lock(page_run r) noexcept
    requires locking_store<S>
  {
    const as it(step::lock, "lock");
    return it.of(r, S::lock(r));
  }

  BOOST_FORCEINLINE int permit_tags(const tag_request& request, std::uint16_t& usable) noexcept
    requires tagging_store<S>
  {
    const as it(step::tag, "permit_tags");
    return it.of({nullptr, 0}, S::permit_tags(request, usable));
  }
  BOOST_FORCEINLINE int draw_tag(std::uint16_t choices, unsigned char& drawn) noexcept
    requires tagging_store<S>
  {
    const as it(step::tag, "draw_tag");
    return it.of({nullptr, 0}, S::draw_tag(choices, drawn));
  }
  BOOST_FORCEINLINE int tag(page_run r, unsigned with) noexcept
    requires tagging_store<S>
  {
    const as it(step::tag, "tag");
    return it.of(r, S::tag(r, with));
  }
  BOOST_FORCEINLINE int check_writable(page_run r) noexcept
    requires tagging_store<S>
  {
    const as it(step::populate, "check_writable");
    return it.of(r, S::check_writable(r));
  }

  int mark_purgeable(page_run r, volatility order, const attributes& a) noexcept
    requires purging_store<S>
  {
    const as it(step::discard, "mark_purgeable");
    return it.of(r, S::mark_purgeable(r, order, a));
  }
  int unmark_purgeable(page_run r, purge_state& state, const attributes& a) noexcept
    requires purging_store<S>
  {
    const as it(step::discard, "unmark_purgeable");
    return it.of(r, S::unmark_purgeable(r, state, a));
  }
};

}  // namespace quire::backing

namespace quire {

template <backing_store S, class Observer>
struct imaging_store<backing::observed<S, Observer>>
    : std::type_identity<backing::observed<typename imaging_store<S>::type, Observer>> {};

/// The allocator `A`, whose observer is told of every step; for pools, regions and all else that is made of a typedef.
template <class A, class Observer>
using with_observer = typename A::template with_backing<backing::observed<typename A::backing_type, Observer>>;

}  // namespace quire
