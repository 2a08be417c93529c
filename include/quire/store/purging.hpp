// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that the system may take while it is not in use, and what a store must provide for it.
#include <concepts>
#include <cstddef>

#include <quire/store.hpp>

namespace quire {

/// Which volatile memory the system takes first, if it knows an order.
enum class volatility : unsigned char { goes_first, normal, goes_last };

/// What became of volatile memory.
enum class purge_state : unsigned char { intact, purged };

[[nodiscard]] constexpr const char* name(purge_state s) noexcept {
  return s == purge_state::intact ? "intact" : "purged";
}

/// Lets the system take contents between two calls. If the requests have a `purge_granule`, reserve places the base at
/// a multiple of it, and all runs of commit, decommit, protect and discard are multiples of it, so that a store may
/// keep an object of the system for each granule, made by commit. If such a commit maps anew, the store's traits say so
/// (`purgeable_commit_remaps`). decommit, discard and release take volatile runs as well, and end that state.
///
/// | operation | meaning |
/// |---|---|
/// | `purges_by(granule)` | whether granules of that many bytes, a power of two, are supported |
/// | `mark_purgeable(run, volatility, requests)` | lets the system take contents from now on; `run` is not touched meanwhile, as an access may fault. May fail halfway, without loss to the part that it has not marked |
/// | `unmark_purgeable(run, state, requests)` | keeps contents again. Every granule holds its contents or zeros; `state` is `intact` only if no granule lost them. A failure halfway leaves in `state` the result known by then |
template <class S>
concept purging_store = backing_store<S> && requires(S& s, page_run r, purge_state& state, const attributes& a) {
  { S::purges_by(std::size_t{}) } noexcept -> std::same_as<bool>;
  { s.mark_purgeable(r, volatility::normal, a) } noexcept -> std::same_as<int>;
  { s.unmark_purgeable(r, state, a) } noexcept -> std::same_as<int>;
};

}  // namespace quire
