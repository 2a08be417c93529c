#pragma once
// The steps between a reservation and usable pages, written once for all stores. The caller undoes them: allocate
// releases the whole reservation, grow decommits the pages that it added.
//
// All steps, and the code of stores that acts on requests, are force-inlined: requests are constants except for the
// data in policies, and must fold, or every typedef would carry the code of every policy.
#include <boost/config.hpp>
#include <cstddef>
#include <utility>

#include <quire/policy.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>

namespace quire::detail {

/// The axis whose request a failed call served.
enum class request_axis : unsigned char { store, protection, tagging, page_size, placement, residency };

/// The failed call. A step returns success as a bool and records the failure here: compilers see through a constant
/// where paths meet, but would test a native code again.
struct step_failure {
  static constexpr auto unknown = static_cast<errc>(0xff);
  static constexpr int no_room = -1;  // the tag registry is out of memory; no system has a code below 0 here

  int native = 0;
  step at = step::plan;
  request_axis axis = request_axis::store;
  bool lost = false;    // contents are gone, or may be: the memory cannot be restored
  errc code = unknown;  // set if the store knows more than its native code says

  constexpr bool fail(int native_code, step where, request_axis whose) noexcept {
    native = native_code;
    at = where;
    axis = whose;
    return false;
  }
  constexpr bool fail(outcome failed, step where, request_axis whose) noexcept {
    lost = lost || failed.lost;
    return fail(failed.native, where, whose);
  }
};

/// `D` has the demands of the typedef, so that steps which no policy requests are not even compiled.
///
/// Configures everything that a mapping loses when it is mapped anew. NUMA comes first, because it must precede the
/// first touch.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool configure([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                               [[maybe_unused]] const attributes& requested,
                                               [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (D.numa)
    if (const int n = store.place(run, requested.numa)) return why.fail(n, step::configure, request_axis::placement);
  if constexpr (D.huge_advice)
    if (const int n = store.advise_huge(run, requested.huge))
      return why.fail(n, step::configure, request_axis::page_size);
  if constexpr (D.dump_exclusion)
    if (const int n = store.exclude_from_dumps(run)) return why.fail(n, step::configure, request_axis::residency);
  if constexpr (D.fork_exclusion)
    if (const int n = store.exclude_from_forks(run))
      return why.fail(n, step::configure, D.huge_pool ? request_axis::page_size : request_axis::residency);
  if constexpr (D.naming)
    if (const int n = store.name(run, requested.mapping_name.get()))
      return why.fail(n, step::configure, request_axis::tagging);
  return true;
}

/// Checks whether there is memory for pages that are to be committed, if the requests ask for it.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool assure([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                            [[maybe_unused]] const attributes& requested,
                                            [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (D.assurance)
    if (const int n = store.assure(run, requested)) return why.fail(n, step::commit, request_axis::residency);
  return true;
}

/// Populates and locks committed pages, as far as requested.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool populate_and_lock([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                                       [[maybe_unused]] const attributes& requested,
                                                       [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (D.population)
    if (const int n = store.populate(run, requested))
      return why.fail(n, step::populate,
                      D.huge_pool             ? request_axis::page_size
                      : D.population_for_tags ? request_axis::tagging
                                              : request_axis::residency);
  if constexpr (D.locking)
    if (const int n = store.lock(run)) return why.fail(n, step::lock, request_axis::residency);
  return true;
}

/// Writes the hardware tag into pages, which must be resident.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool tag([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                         [[maybe_unused]] const attributes& requested,
                                         [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (D.hardware_tags)
    if (const int n = store.tag(run, requested.tags.tag)) return why.fail(n, step::tag, request_axis::tagging);
  return true;
}

template <demands D, class S>
inline constexpr bool commit_maps_anew =
    S::traits.commit_remaps || (D.purge_granule != 0 && S::traits.purgeable_commit_remaps);

/// Commits, and configures again if the store maps anew to commit.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool commit_and_configure(S& store, page_run run, const attributes& requested,
                                                          step_failure& why) noexcept {
  if (const int n = store.commit(run, requested))
    return why.fail(n, step::commit, D.huge_pool ? request_axis::page_size : request_axis::store);
  if constexpr (commit_maps_anew<D, S>) return configure<D>(store, run, requested, why);
  return true;
}

/// Copies the image into pages that are committed and populated, so that lack of memory is an error and not a signal.
template <class S>
[[nodiscard]] BOOST_FORCEINLINE bool fill([[maybe_unused]] S& store, [[maybe_unused]] page_run run,
                                          [[maybe_unused]] const attributes& requested,
                                          [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (image_backed_store<S>)
    if (const int n = store.fill_start(run, requested)) return why.fail(n, step::populate, request_axis::store);
  return true;
}

template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool commit_and_prepare(S& store, page_run run, const attributes& requested,
                                                        step_failure& why) noexcept {
  return commit_and_configure<D>(store, run, requested, why) && populate_and_lock<D>(store, run, requested, why) &&
         fill(store, run, requested, why) && tag<D>(store, run, requested, why);
}

/// Lets the store determine the cause of a failed commit before it is undone.
template <class S>
BOOST_FORCEINLINE void diagnose([[maybe_unused]] const S& store, [[maybe_unused]] page_run run,
                                [[maybe_unused]] const attributes& requested,
                                [[maybe_unused]] step_failure& why) noexcept {
  if constexpr (commit_diagnosing_store<S>)
    if (why.at == step::commit && why.axis != request_axis::residency) {
      why.code = store.cause_of_refused_commit(run, why.native, requested);
      if (why.code == step_failure::unknown) std::unreachable();  // else compilers keep the table of codes beside it
    }
}

/// Whether a step may fail and leave pages accessible. Not if commit is the last step: a fresh reservation commits
/// whole or not at all.
template <demands D, class S>
inline constexpr bool can_fail_when_committed =
    commit_maps_anew<D, S> || D.population || D.locking || D.hardware_tags || image_backed_store<S>;

/// Restores the initial contents of committed pages, for reset.
template <class S>
[[nodiscard]] BOOST_FORCEINLINE outcome restore_initial_contents(S& store, page_run run,
                                                                 const attributes& requested) noexcept {
  if constexpr (image_backed_store<S>)
    return store.restore_image(run, requested);
  else
    return store.discard(run, requested);
}

/// Configures pages whose contents are gone: if that fails, the memory cannot be as it was.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool configure_again(S& store, page_run run, const attributes& requested,
                                                     step_failure& why) noexcept {
  if (configure<D>(store, run, requested, why)) return true;
  why.lost = true;
  return false;
}

/// Discards, and configures again if the store may map anew to discard.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool discard(S& store, page_run run, const attributes& requested,
                                             step_failure& why) noexcept {
  if (const outcome done = store.discard(run, requested); done.native != 0)
    return why.fail(done, step::discard, request_axis::store);
  if constexpr (S::traits.discard_remaps)
    return configure_again<D>(store, run, requested, why);
  else
    return true;
}

/// Decommits, and configures again if the store maps anew to decommit.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool decommit(S& store, page_run run, const attributes& requested,
                                              step_failure& why) noexcept {
  if (const outcome done = store.decommit(run, requested); done.native != 0)
    return why.fail(done, step::decommit, request_axis::store);
  if constexpr (S::traits.decommit_remaps)
    return configure_again<D>(store, run, requested, why);
  else
    return true;
}

template <demands D>
inline constexpr bool needs_configuration = D.numa || D.huge_advice || D.dump_exclusion || D.fork_exclusion || D.naming;

/// Decommits pages that keep their contents if it is refused. They are mapped anew only if they can be configured
/// again, which is tried first: the process may have forbidden itself these calls since.
template <demands D, class S>
[[nodiscard]] BOOST_FORCEINLINE bool give_up(S& store, page_run run, const attributes& requested,
                                             step_failure& why) noexcept {
  if constexpr (needs_configuration<D> && S::traits.decommit_remaps && in_place_decommitting_store<S>)
    if (step_failure refused; !configure<D>(store, run, requested, refused)) {
      const outcome done = store.decommit_in_place(run, requested);
      return done.native == 0 || why.fail(done, step::decommit, request_axis::store);
    }
  return decommit<D>(store, run, requested, why);
}

/// Releases a reservation. If the system refuses, at its limit of mappings, the memory is given back and only the
/// address range is lost. (If decommit maps anew, as POSIX must, it meets the same limit, and the memory is lost too.)
template <class S>
BOOST_FORCEINLINE void release_best_effort(S& store, page_run whole, page_run accessible,
                                           const attributes& requested) noexcept {
  if (store.release(whole, accessible, requested) != 0 && accessible.bytes != 0)
    (void)outcome(store.decommit(accessible, requested));
}

}  // namespace quire::detail
