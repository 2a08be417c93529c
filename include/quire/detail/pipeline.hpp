// SPDX-License-Identifier: BSL-1.0
#pragma once
// The steps between a reservation and usable pages, written once for all stores. The caller undoes them: allocate
// releases the whole reservation, grow decommits the pages that it added.
//
// All steps, and the code of stores that acts on requests, are force-inlined: requests are constants except for the
// data in policies, and must fold, or every typedef would carry the code of every policy.
#include <boost/config.hpp>
#include <utility>

#include <quire/capabilities.hpp>
#include <quire/result.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/store/reuse.hpp>

namespace quire::detail {

/// The failed call. A step returns success as a bool and records the failure here: compilers see through a constant
/// where paths meet, but would test a native code again.
struct step_failure {
  static constexpr auto unknown = static_cast<errc>(0xff);
  static constexpr int no_room = -1;  // the tag registry is out of memory; no system has a code below 0 here

  int native = 0;
  step at = step::plan;
  bool lost = false;    // contents are gone, or may be: the memory cannot be restored
  errc code = unknown;  // set if the store knows more than its native code says

  constexpr bool fail(int native_code, step where) noexcept {
    native = native_code;
    at = where;
    return false;
  }
  constexpr bool fail(outcome failed, step where) noexcept {
    lost = lost || failed.lost;
    return fail(failed.native, where);
  }
};

/// The error of a step that the store `S` has taken.
template <class S>
[[nodiscard]] constexpr std::unexpected<error> failure_of(step_failure why) noexcept {
  return failure(why.code == step_failure::unknown ? S::code_of(why.at, why.native) : why.code, why.at, why.native);
}

template <demands D, class S>
inline constexpr bool commit_maps_anew =
    S::traits.commit_remaps || (D.purge_granule != 0 && S::traits.purgeable_commit_remaps);

template <class C, demands D, step At>
inline constexpr bool acts_at = C::at == At && D.has<C>();

template <demands D, step At, class List>
inline constexpr bool any_acts_at = false;
template <demands D, step At, class... C>
inline constexpr bool any_acts_at<D, At, capability_list<C...>> = (acts_at<C, D, At> || ...);

/// The steps over one store, for a typedef with the demands `D`: what it does not demand is not even compiled.
template <demands D, class S>
struct page_steps {
  S& store;
  const attributes& requested;
  step_failure& why;

  static constexpr bool configures = any_acts_at<D, step::configure, capabilities>;
  /// Whether a step may fail and leave pages accessible. Commit as the last step may not: a fresh reservation commits
  /// whole or not at all.
  static constexpr bool can_fail_when_committed =
      commit_maps_anew<D, S> || any_acts_at<D, step::populate, capabilities> ||
      any_acts_at<D, step::lock, capabilities> || any_acts_at<D, step::tag, capabilities> || image_backed_store<S>;

  /// Applies those demanded capabilities that act at a step, in the order of the list.
  template <step At>
  [[nodiscard]] BOOST_FORCEINLINE bool apply(page_run run) const noexcept {
    return apply_each<At>(run, capabilities{});
  }
  /// Configures everything that a mapping loses when it is mapped anew.
  [[nodiscard]] BOOST_FORCEINLINE bool configure(page_run run) const noexcept { return apply<step::configure>(run); }
  /// Checks whether there is memory for pages that are to be committed, if the requests ask for it.
  [[nodiscard]] BOOST_FORCEINLINE bool assure(page_run run) const noexcept { return apply<step::commit>(run); }

  /// Commits, and configures again if the store maps anew to commit.
  [[nodiscard]] BOOST_FORCEINLINE bool commit_and_configure(page_run run) const noexcept {
    if (const int n = store.commit(run, requested)) return why.fail(n, step::commit);
    if constexpr (commit_maps_anew<D, S>) return configure(run);
    return true;
  }
  [[nodiscard]] BOOST_FORCEINLINE bool commit_and_prepare(page_run run) const noexcept {
    return commit_and_configure(run) && populate_and_fill(run) && apply<step::tag>(run);
  }
  /// Populates and locks committed pages, as far as requested, and then copies what is missing of an image, so that
  /// lack of memory is an error and not a signal.
  [[nodiscard]] BOOST_FORCEINLINE bool populate_and_fill(page_run run) const noexcept {
    if (!apply<step::populate>(run) || !apply<step::lock>(run)) return false;
    if constexpr (image_backed_store<S>)
      if (const int n = store.fill_start(run, requested)) return why.fail(n, step::populate);
    return true;
  }
  /// Lets the store determine the cause of a failed commit before it is undone.
  BOOST_FORCEINLINE void diagnose(page_run run) const noexcept {
    if constexpr (commit_diagnosing_store<S>)
      if (why.at == step::commit) {
        why.code = std::as_const(store).cause_of_refused_commit(run, why.native, requested);
        if (why.code == step_failure::unknown) std::unreachable();  // else compilers keep the table of codes beside it
      }
  }
  /// Lets the store revert a failed commit; returns whether nothing is left to undo.
  [[nodiscard]] BOOST_FORCEINLINE bool try_revert(page_run run) const noexcept {
    if constexpr (commit_reverting_store<S>) return why.at == step::commit && store.revert_commit(run, why.native);
    return false;
  }

  /// Discards, and configures again if the store may map anew to discard.
  [[nodiscard]] BOOST_FORCEINLINE bool discard(page_run run) const noexcept {
    if (const outcome done = store.discard(run, requested); done.native != 0) return why.fail(done, step::discard);
    return !S::traits.discard_remaps || configure_again(run);
  }
  /// Restores the initial contents of committed pages, for reset.
  [[nodiscard]] BOOST_FORCEINLINE bool restore_initial_contents(page_run run) const noexcept {
    const outcome done = initial_contents(run);
    return done.native == 0 || why.fail(done, step::discard);
  }
  /// Decommits, and configures again if the store maps anew to decommit.
  [[nodiscard]] BOOST_FORCEINLINE bool decommit(page_run run) const noexcept {
    if (const outcome done = store.decommit(run, requested); done.native != 0) return why.fail(done, step::decommit);
    return !S::traits.decommit_remaps || configure_again(run);
  }
  /// Decommits pages that keep their contents if it is refused. They are mapped anew only if they can be configured
  /// again, which is tried first: the process may have forbidden itself these calls since.
  [[nodiscard]] BOOST_FORCEINLINE bool give_up(page_run run) const noexcept {
    if constexpr (configures && S::traits.decommit_remaps && in_place_decommitting_store<S>)
      if (step_failure refused; !page_steps{store, requested, refused}.configure(run)) {
        const outcome done = store.decommit_in_place(run, requested);
        return done.native == 0 || why.fail(done, step::decommit);
      }
    return decommit(run);
  }
  /// Releases a reservation. If the system refuses, at its limit of mappings, the memory is given back and only the
  /// address range is lost. (If decommit maps anew, as POSIX must, it meets the same limit, and the memory is lost
  /// too.)
  BOOST_FORCEINLINE void release_best_effort(page_run whole, page_run accessible) const noexcept {
    if (store.release(whole, accessible, requested) != 0 && accessible.bytes != 0)
      (void)outcome(store.decommit(accessible, requested));
  }

 private:
  template <step At, class... C>
  [[nodiscard]] BOOST_FORCEINLINE bool apply_each(page_run run, capability_list<C...>) const noexcept {
    return (apply_one<At, C>(run) && ...);
  }
  template <step At, class C>
  [[nodiscard]] BOOST_FORCEINLINE bool apply_one([[maybe_unused]] page_run run) const noexcept {
    if constexpr (acts_at<C, D, At>)
      if (const int n = C::apply(store, run, requested)) return why.fail(n, At);
    return true;
  }
  [[nodiscard]] BOOST_FORCEINLINE outcome initial_contents(page_run run) const noexcept {
    if constexpr (requires { store.restore_image(run, requested); })
      return store.restore_image(run, requested);
    else if constexpr (recycling_store<S>)
      return store.recycle(run, requested);
    else
      return store.discard(run, requested);
  }
  /// Configures pages whose contents are gone: if that fails, the memory cannot be as it was.
  [[nodiscard]] BOOST_FORCEINLINE bool configure_again(page_run run) const noexcept {
    if (configure(run)) return true;
    why.lost = true;
    return false;
  }
};

}  // namespace quire::detail
