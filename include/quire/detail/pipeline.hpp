#pragma once
// The steps between a reservation and usable pages, written once for all stores. Undoing is the caller's: allocate
// releases the whole reservation, grow decommits what it added.
#include <cstddef>

#include <quire/policy.hpp>
#include <quire/store.hpp>

namespace quire::detail {

/// Whose wish a failed call was to fulfil.
enum class cause : unsigned char { store, protection, tagging, page_size, placement, residency };

/// The failed call, or nothing.
struct trouble {
  int native = 0;
  step at = step::plan;
  cause whose = cause::store;

  constexpr explicit operator bool() const noexcept { return native != 0; }
};

/// Everything that a mapping loses when it is mapped again. NUMA comes first: it has to precede the first touch.
template <class S>
[[nodiscard]] trouble dress(S& store, page_run run, const attributes& wishes) noexcept {
  if constexpr (numa_placing_store<S>)
    if (wishes.numa.mode != numa_mode::anywhere)
      if (const int n = store.place(run, wishes.numa)) return {n, step::dress, cause::placement};
  if constexpr (huge_advising_store<S>)
    if (wishes.huge == huge_wish::never || wishes.huge == huge_wish::when_possible)
      if (const int n = store.advise_huge(run, wishes.huge)) return {n, step::dress, cause::page_size};
  if constexpr (dump_excluding_store<S>)
    if (wishes.excluded_from_dumps)
      if (const int n = store.exclude_from_dumps(run)) return {n, step::dress, cause::residency};
  if constexpr (fork_excluding_store<S>)
    if (wishes.not_inherited)
      if (const int n = store.exclude_from_forks(run)) return {n, step::dress, cause::residency};
  if constexpr (naming_store<S>)
    if (wishes.mapping_name != nullptr)
      if (const int n = store.name(run, wishes.mapping_name)) return {n, step::dress, cause::tagging};
  return {};
}

/// Brings committed pages in and keeps them, as far as the wishes say so.
template <class S>
[[nodiscard]] trouble bring_in(S& store, page_run run, const attributes& wishes) noexcept {
  if constexpr (populating_store<S>)
    if (wishes.wants_population())
      if (const int n = store.populate(run, wishes))
        return {n, step::populate, wishes.huge == huge_wish::from_pool ? cause::page_size : cause::residency};
  if constexpr (locking_store<S>)
    if (wishes.locked)
      if (const int n = store.lock(run)) return {n, step::lock, cause::residency};
  return {};
}

/// Commits, dresses again if the store maps anew to commit, and brings in.
template <class S>
[[nodiscard]] trouble commit(S& store, page_run run, const attributes& wishes) noexcept {
  if (const int n = store.commit(run, wishes))
    return {n, step::commit, wishes.huge == huge_wish::from_pool ? cause::page_size : cause::store};
  if constexpr (S::facts.commit_remaps)
    if (const trouble t = dress(store, run, wishes)) return t;
  return bring_in(store, run, wishes);
}

/// Decommits, and dresses again if the store maps anew to decommit.
template <class S>
[[nodiscard]] trouble decommit(S& store, page_run run, const attributes& wishes) noexcept {
  if (const int n = store.decommit(run, wishes)) return {n, step::decommit, cause::store};
  if constexpr (S::facts.decommit_remaps) return dress(store, run, wishes);
  return {};
}

/// Gives a reservation back. Where the system refuses, at its limit of mappings, the memory is given back and only the
/// address range is lost.
template <class S>
void abandon(S& store, page_run whole, page_run accessible, const attributes& wishes) noexcept {
  if (store.release(whole, wishes) != 0 && accessible.bytes != 0) (void)store.decommit(accessible, wishes);
}

}  // namespace quire::detail
