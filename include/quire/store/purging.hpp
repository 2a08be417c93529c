#pragma once
// Memory that the system may take back while nobody uses it, and what a store must be able to do for it.
#include <concepts>
#include <cstddef>

#include <quire/store.hpp>

namespace quire {

/// Which volatile memory the system takes first, where it knows an order.
enum class volatility : unsigned char { goes_first, normal, goes_last };

/// What became of memory that was volatile.
enum class purge_state : unsigned char { intact, purged };

[[nodiscard]] constexpr const char* name(purge_state s) noexcept {
  return s == purge_state::intact ? "intact" : "purged";
}

/// Takes contents back, or leaves them there, between two calls. Where the requests have a `purge_granule`, reserve
/// places the base at a multiple of it, and all runs of commit, decommit, protect and discard are multiples of it: so a
/// store may keep an object of the system for each granule, made by commit. If that maps again, it says so in its facts
/// (`purgeable_commit_remaps`). decommit, discard and release take volatile runs as well, and end that state.
///
/// | operation | meaning |
/// |---|---|
/// | `purges_by(granule)` | whether granules of so many bytes, a power of two, can be had |
/// | `mark_purgeable(run, volatility, requests)` | contents may go from now on; `run` is not touched meanwhile, as an access may fault. May fail half-way, without a loss to what it has not marked |
/// | `unmark_purgeable(run, state, requests)` | contents stay again. Every granule holds what it held, or zeros; `state` is `intact` only if none of them was lost. A failure half-way leaves `state` as what is known by then |
template <class S>
concept purging_store = backing_store<S> && requires(S& s, page_run r, purge_state& state, const attributes& a) {
  { S::purges_by(std::size_t{}) } noexcept -> std::same_as<bool>;
  { s.mark_purgeable(r, volatility::normal, a) } noexcept -> std::same_as<int>;
  { s.unmark_purgeable(r, state, a) } noexcept -> std::same_as<int>;
};

}  // namespace quire
