// SPDX-License-Identifier: BSL-1.0
#pragma once
// Pages of a memory that is written from its beginning to its end: they come by a call for many, instead of a fault for
// each.
#include <algorithm>
#include <cstddef>

#include <quire/detail/members/populating.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// Bytes that one call brings in at most before they are needed. On Linux a call for 64 KiB takes half the time of the
/// faults that it replaces, one for 128 KiB a little less, and longer ones no less; so much also stays in a processor's
/// second cache until it is written.
inline constexpr std::size_t most_ahead = std::size_t{128} << 10;
/// Fewer pages are left to faults, as a call for them saves nothing.
inline constexpr std::size_t fewest_ahead = 4;

/// The end of the bytes that may be written before this function is asked again, at least `needed`. Those below `there`
/// were written, or brought in. Pages that a typedef populates are in memory already; where they cannot be brought in,
/// the writer faults them in, as without this function. No more are brought in than twice those below `there`.
/// Precondition: there < needed <= a.size().
template <page_allocator_like A>
[[nodiscard]] std::size_t populate_ahead([[maybe_unused]] const A& a, [[maybe_unused]] std::size_t there,
                                         [[maybe_unused]] std::size_t needed) noexcept {
  if constexpr (populates_parts<A> && !A::contract.success_is_memory) {
    const std::size_t page = a.granularity(), from = align_up(there, page);
    const std::size_t to = std::min(align_up(std::max(needed, from + std::min(from, most_ahead)), page), a.size());
    if (to < from + fewest_ahead * page || a.populate(from, to - from)) return std::max(to, needed);
  }
  return a.size();
}

}  // namespace quire::detail
