// SPDX-License-Identifier: BSL-1.0
#pragma once
// Bringing pages in that are in use already, for several threads at once.
#include <concepts>
#include <cstddef>

#include <quire/store.hpp>

namespace quire {

/// `populate_part(run, requests, done)` brings in pages of any contents, which stay. Several threads may call it at
/// once, also for the same pages, while others use them. It refuses pages that are not writable. `done` receives how
/// many bytes from the beginning are in; after a failure some behind them may be too.
template <class S>
concept part_populating_store =
    backing_store<S> && requires(const S& c, page_run r, const attributes& a, std::size_t& done) {
      { c.populate_part(r, a, done) } noexcept -> std::same_as<int>;
    };

/// `prefault(run, requests)` brings in pages that are about to be written, by a call that costs less than their faults,
/// and refuses where the system has none. Contents stay. A failing call may have brought in some of them.
template <class S>
concept prefaulting_store = backing_store<S> && requires(const S& c, page_run r, const attributes& a) {
  { c.prefault(r, a) } noexcept -> std::same_as<int>;
};

}  // namespace quire
