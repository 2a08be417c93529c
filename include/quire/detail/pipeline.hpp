#pragma once
// The steps between a reservation and usable pages, written once for all stores. Undoing is the caller's: allocate
// releases the whole reservation, grow decommits what it added.
//
// All of it, and what stores do with wishes, is inlined by force: wishes are constants but for the data in policies,
// and must fold, or every typedef would carry the code of every policy.
#include <boost/config.hpp>
#include <cstddef>

#include <quire/image_store.hpp>
#include <quire/policy.hpp>
#include <quire/store.hpp>

namespace quire::detail {

/// Whose wish a failed call was to fulfil.
enum class cause : unsigned char { store, protection, tagging, page_size, placement, residency };

/// The failed call. A step returns whether it went well, and says here why not: compilers see through a constant where
/// paths meet; a native code they would test again.
struct trouble {
  static constexpr int no_room = -1;  // for a note of the library's own: no system has a code below 0 here

  int native = 0;
  step at = step::plan;
  cause whose = cause::store;

  constexpr bool is(int code, step where, cause wish) noexcept {
    native = code;
    at = where;
    whose = wish;
    return false;
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
    if (const int n = store.exclude_from_forks(run)) return why.is(n, step::dress, cause::residency);
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

template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool commit(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  return open<D>(store, run, wishes, why) && bring_in<D>(store, run, wishes, why) && tag<D>(store, run, wishes, why);
}

/// Whether a step may fail and leave pages accessible. Not where committing is the last one: a fresh reservation
/// commits whole or not at all.
template <demands D, class S>
inline constexpr bool can_fail_when_committed = commit_remaps<D, S> || D.population || D.locking || D.hardware_tags;

/// Committed pages as they were at the start, for reset.
template <class S>
[[nodiscard]] BOOST_FORCEINLINE int rewind(S& store, page_run run, const attributes& wishes) noexcept {
  if constexpr (starting_store<S>)
    return store.rewind(run, wishes);
  else
    return store.discard(run, wishes);
}

/// Decommits, and dresses again if the store maps anew to decommit.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool decommit(S& store, page_run run, const attributes& wishes, trouble& why) noexcept {
  if (const int n = store.decommit(run, wishes)) return why.is(n, step::decommit, cause::store);
  if constexpr (S::facts.decommit_remaps) return dress<D>(store, run, wishes, why);
  return true;
}

/// Gives a reservation back. Where the system refuses, at its limit of mappings, the memory is given back and only the
/// address range is lost. (Where decommit maps again, as POSIX must, it meets the same limit, and memory is lost too.)
template <class S>
BOOST_FORCEINLINE void abandon(S& store, page_run whole, page_run accessible, const attributes& wishes) noexcept {
  if (store.release(whole, accessible, wishes) != 0 && accessible.bytes != 0) (void)store.decommit(accessible, wishes);
}

}  // namespace quire::detail
