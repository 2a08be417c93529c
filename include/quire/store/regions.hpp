// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a store may offer to many regions beside each other: a choice of addresses, the release of a part, and a quota
// for pages that are committed in any order.
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <quire/store.hpp>

namespace quire {

/// Reserves any number of pages: at `hint` if those addresses are free and aligned, otherwise elsewhere. A null hint
/// leaves the choice to the system.
template <class S>
concept hinting_store = backing_store<S> && requires(S& s, std::byte* hint, const attributes& a) {
  { s.reserve_near(hint, std::size_t{}, std::size_t{}, a) } noexcept -> std::same_as<reservation>;
};

/// Releases the pages at the end of a reservation; the others remain one.
template <class S>
concept tail_releasing_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.release_tail(r, a) } noexcept -> std::same_as<int>;
};

/// A store adaptor with a quota, which can also be charged apart from commits. `unadapted` is the store without it.
template <class S>
concept charging_store = backing_store<S> && requires(S& s) {
  { s.charge(std::size_t{}) } noexcept -> std::same_as<int>;
  { s.uncharge(std::size_t{}) } noexcept -> std::same_as<void>;
  requires std::derived_from<S, typename S::unadapted>;
};

}  // namespace quire
