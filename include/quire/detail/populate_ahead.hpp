// SPDX-License-Identifier: BSL-1.0
#pragma once
// Pages of a memory that is written from its beginning to its end: they come by a call for many, instead of a fault for
// each.
#include <algorithm>
#include <cstddef>

#include <quire/detail/members/access.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/store/populating.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// The most bytes that one call brings in. On Linux a call for 64 KiB takes half the time of the faults that it
/// replaces, one for 128 KiB a little less, and longer ones no less; so much also stays in a processor's second-level
/// cache until it is written.
inline constexpr std::size_t most_ahead = std::size_t{128} << 10;
/// Fewer pages are left to faults, as a call for them saves nothing.
inline constexpr std::size_t fewest_ahead = 4;

/// Whether pages of an allocator come when they are touched, and a call can bring them in for less.
template <class A>
concept prefaults = !A::contract.success_is_memory && prefaulting_store<typename A::backing_type>;

/// The end of the bytes that may be written before this function is asked again, at least `needed`. Those below `there`
/// had their turn. Brought in are the first that are needed, and half as many as lie below `there`, but no more than
/// `most_ahead`. The writer faults the rest in, and all of them where the system refuses. Precondition: there < needed.
template <page_allocator_like A>
[[nodiscard]] std::size_t populate_ahead(const A& a, [[maybe_unused]] std::size_t there, std::size_t needed) noexcept {
  if constexpr (requires { a.visit([](const auto&) { return std::size_t{}; }); }) {
    return a.visit([&](const auto& chosen) { return populate_ahead(chosen, there, needed); });
  } else if constexpr (prefaults<A>) {
    const auto& region = member_access::region(a);
    const std::size_t page = a.granularity(), from = align_up(there, page);
    const std::size_t wanted = std::max(from / 2, needed - std::min(from, needed));
    const std::size_t to = std::min(align_up(from + std::min(wanted, most_ahead), page), a.size());
    if (to < from + fewest_ahead * page ||
        region.parts.store.prefault(region.part(from, to - from), region.requested()) == 0)
      return std::max(to, needed);
  }
  return std::max(a.size(), needed);
}

}  // namespace quire::detail
