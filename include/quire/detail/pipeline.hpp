#pragma once
// The steps between a reservation and usable pages, written once for all stores. Undoing is the caller's: allocate
// releases the whole reservation, grow decommits what it added.
//
// All of it, and what stores do with wishes, is inlined by force: wishes are constants but for the data in policies,
// and must fold, or every typedef would carry the code of every policy.
#include <boost/config.hpp>
#include <cstddef>
#include <utility>

#include <quire/policy.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>

namespace quire::detail {

/// Whose wish a failed call was to fulfil.
enum class cause : unsigned char { store, protection, tagging, page_size, placement, residency };

/// The failed call. A step returns whether it went well, and says here why not: compilers see through a constant where
/// paths meet; a native code they would test again.
struct trouble {
  static constexpr auto unknown = static_cast<errc>(0xff);
  static constexpr int no_room = -1;  // for a note of the library's own: no system has a code below 0 here

  int native = 0;
  step at = step::plan;
  cause whose = cause::store;
  bool lost = false;    // contents are gone, or may be: the memory cannot be as it was
  errc code = unknown;  // where the store knows more than its native code says

  constexpr bool is(int failed_with, step where, cause wish) noexcept {
    native = failed_with;
    at = where;
    whose = wish;
    return false;
  }
  constexpr bool is(outcome failed, step where, cause wish) noexcept {
    lost = lost || failed.lost;
    return is(failed.native, where, wish);
  }
};

/// `D` says what the typedef demands, so that steps nobody asked for are not even compiled.
///
/// Everything that a mapping loses when it is mapped again. NUMA comes first: it has to precede the first touch.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool dress([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                           [[maybe_unused]] const attributes& wishes,
                                           [[maybe_unused]] trouble& why) noexcept {
  if constexpr (D.numa)
    if (const int n = store.place(run, wishes.numa)) return why.is(n, step::dress, cause::placement);
  if constexpr (D.huge_advice)
    if (const int n = store.advise_huge(run, wishes.huge)) return why.is(n, step::dress, cause::page_size);
  if constexpr (D.dump_exclusion)
    if (const int n = store.exclude_from_dumps(run)) return why.is(n, step::dress, cause::residency);
  if constexpr (D.fork_exclusion)
    if (const int n = store.exclude_from_forks(run))
      return why.is(n, step::dress, D.huge_pool ? cause::page_size : cause::residency);
  if constexpr (D.naming)
    if (const int n = store.name(run, wishes.mapping_name.get())) return why.is(n, step::dress, cause::tagging);
  return true;
}

/// Whether there is memory for pages that are to be committed, where the wishes want to know.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool assure([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                            [[maybe_unused]] const attributes& wishes,
                                            [[maybe_unused]] trouble& why) noexcept {
  if constexpr (D.assurance)
    if (const int n = store.assure(run, wishes)) return why.is(n, step::commit, cause::residency);
  return true;
}

/// Brings committed pages in and keeps them, as far as the wishes say so.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool bring_in([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                              [[maybe_unused]] const attributes& wishes,
                                              [[maybe_unused]] trouble& why) noexcept {
  if constexpr (D.population)
    if (const int n = store.populate(run, wishes))
      return why.is(n, step::populate,
                    D.huge_pool             ? cause::page_size
                    : D.population_for_tags ? cause::tagging
                                            : cause::residency);
  if constexpr (D.locking)
    if (const int n = store.lock(run)) return why.is(n, step::lock, cause::residency);
  return true;
}

/// Writes the tag of hardware into pages that are there.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool tag([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                         [[maybe_unused]] const attributes& wishes,
                                         [[maybe_unused]] trouble& why) noexcept {
  if constexpr (D.hardware_tags)
    if (const int n = store.tag(run, wishes.tags.tag)) return why.is(n, step::tag, cause::tagging);
  return true;
}

template <demands D, class S>
inline constexpr bool commit_remaps =
    S::facts.commit_remaps || (D.purge_granule != 0 && S::facts.purgeable_commit_remaps);

/// Commits, and dresses again if the store maps anew to commit.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool open(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  if (const int n = store.commit(run, wishes))
    return why.is(n, step::commit, D.huge_pool ? cause::page_size : cause::store);
  if constexpr (commit_remaps<D, S>) return dress<D>(store, run, wishes, why);
  return true;
}

/// Copies what a memory starts with into pages that were committed and brought in: to find no memory for one must be an
/// error, not a signal.
template <class S>
[[nodiscard]] BOOST_FORCEINLINE bool fill([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                          [[maybe_unused]] const attributes& wishes,
                                          [[maybe_unused]] trouble& why) noexcept {
  if constexpr (starting_store<S>)
    if (const int n = store.fill_start(run, wishes)) return why.is(n, step::populate, cause::store);
  return true;
}

template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool commit(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  return open<D>(store, run, wishes, why) && bring_in<D>(store, run, wishes, why) && fill(store, run, wishes, why) &&
         tag<D>(store, run, wishes, why);
}

/// Before a commit that failed is undone, the store may tell which of its causes it had.
template <class S>
BOOST_FORCEINLINE void diagnose([[maybe_unused]] const S& store, [[maybe_unused]] page_run run,
                                [[maybe_unused]] const attributes& wishes, [[maybe_unused]] trouble& why) noexcept {
  if constexpr (commit_diagnosing_store<S>)
    if (why.at == step::commit && why.whose != cause::residency) {
      why.code = store.cause_of_refused_commit(run, why.native, wishes);
      if (why.code == trouble::unknown) std::unreachable();  // else compilers keep the table of codes beside it
    }
}

/// Whether a step may fail and leave pages accessible. Not where committing is the last one: a fresh reservation
/// commits whole or not at all.
template <demands D, class S>
inline constexpr bool can_fail_when_committed =
    commit_remaps<D, S> || D.population || D.locking || D.hardware_tags || starting_store<S>;

/// Committed pages as they were at the start, for reset.
template <class S>
[[nodiscard]] BOOST_FORCEINLINE outcome rewind(S& store, page_run run, const attributes& wishes) noexcept {
  if constexpr (starting_store<S>)
    return store.rewind(run, wishes);
  else
    return store.discard(run, wishes);
}

/// Discards, and dresses again if the store may map anew to discard.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool discard(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  if (const outcome done = store.discard(run, wishes); done.native != 0)
    return why.is(done, step::discard, cause::store);
  if constexpr (S::facts.discard_remaps)
    if (!dress<D>(store, run, wishes, why)) {
      why.lost = true;
      return false;
    }
  return true;
}

/// Decommits, and dresses again if the store maps anew to decommit.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool decommit(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  if (const outcome done = store.decommit(run, wishes); done.native != 0)
    return why.is(done, step::decommit, cause::store);
  if constexpr (S::facts.decommit_remaps)
    if (!dress<D>(store, run, wishes, why)) {
      why.lost = true;
      return false;
    }
  return true;
}

template <demands D>
inline constexpr bool is_dressed = D.numa || D.huge_advice || D.dump_exclusion || D.fork_exclusion || D.naming;

/// Decommits what contents may still be kept of. Pages are mapped anew only if they can be dressed again, which is
/// tried first: a process may have forbidden itself the calls since.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool give_up(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  if constexpr (is_dressed<D> && S::facts.decommit_remaps && in_place_decommitting_store<S>)
    if (trouble refused; !dress<D>(store, run, wishes, refused)) {
      const outcome done = store.decommit_in_place(run, wishes);
      return done.native == 0 || why.is(done, step::decommit, cause::store);
    }
  return decommit<D>(store, run, wishes, why);
}

/// Gives a reservation back. Where the system refuses, at its limit of mappings, the memory is given back and only the
/// address range is lost. (Where decommit maps again, as POSIX must, it meets the same limit, and memory is lost too.)
template <class S>
BOOST_FORCEINLINE void abandon(S& store, page_run whole, page_run accessible, const attributes& wishes) noexcept {
  if (store.release(whole, accessible, wishes) != 0 && accessible.bytes != 0)
    (void)outcome(store.decommit(accessible, wishes));
}

}  // namespace quire::detail
