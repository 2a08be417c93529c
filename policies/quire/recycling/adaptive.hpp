// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

#include <quire/policy/recycling.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_high_water.hpp>

namespace quire::recycling {

/// Chooses each time what is cheapest. A user that has set its mark is believed (`zero_high_water`). Otherwise the
/// pages in memory are found by a scan, unless all are there, and those that are not zero are cleared. Pages that stay
/// in memory although users no longer write them cost time in each cycle; when they have cost as much as giving all
/// memory back and faulting in what is written, that is done. Small memories are cleared as a whole. `state` counts the
/// decisions, for each slot: pool::recycling_states().
struct adaptive {
  static constexpr bool scans = true;

  /// The decisions for one slot.
  struct state {
    std::uint32_t by_mark = 0, by_scan = 0, as_a_whole = 0, given_back = 0;
    std::uint32_t in_vain = 0;  // times that memory was given back although users write much of it
    std::uint64_t wasted = 0;   // nanoseconds spent on pages that were not written, since memory was last given back
  };

  template <class Pages>
  static recycled recycle(const Pages& pages) noexcept {
    state& s = pages.state();
    if (pages.written() != pages.accessible()) {
      ++s.by_mark;
      return zero_high_water::recycle(pages);
    }
    if (pages.accessible() <= smallest_scanned && pages.accessible() <= pages.keepable()) {
      ++s.as_a_whole;
      return zero_all::recycle(pages);
    }
    census seen;
    const auto clear = [&](std::size_t from, std::size_t to) noexcept { return clear_written(pages, from, to, seen); };
    const bool all_there = pages.resident() == pages.accessible();
    const bool done = all_there ? clear(0, pages.accessible()) : pages.each_written(clear);
    if (done) {
      s.wasted += (seen.there - seen.written) * zeroing;
      if (s.wasted <= what_waste_may_cost(s, seen, pages.accessible() / page)) {
        ++(all_there ? s.as_a_whole : s.by_scan);
        return {0, seen.there * page};
      }
    }
    ++s.given_back;
    s.wasted = 0;
    return {pages.give_back(0, pages.accessible()), 0};
  }

 private:
  // Nanoseconds for a page of 4 KiB: to write zeros or to see that it is zero; to give it back; and to fault it in.
  // Medians of Linux 6.18 on Zen 4, in a virtual machine. What counts is how they compare.
  static constexpr std::uint64_t zeroing = 45, giving_back = 195, faulting = 1300;
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t smallest_scanned = 16 * page;  // a scan takes as long as clearing some 20 pages

  struct census {
    std::size_t there = 0, written = 0;  // pages
  };

  /// If users write less of the memory than this share, fresh pages in every cycle cost less than clearing them all.
  static constexpr std::size_t much = (giving_back + faulting) / zeroing;

  /// When waste has cost as much as giving back does, the next cycles will not be worse than the best choice by more
  /// than a factor. Of a memory that is much written, other pages may be written each time, and all would be faulted in
  /// again: that is tried after twice as long each time.
  static std::uint64_t what_waste_may_cost(state& s, const census& seen, std::size_t all) noexcept {
    if (seen.written * much < all) {
      s.in_vain = 0;
      return seen.there * giving_back + seen.written * faulting;
    }
    const std::uint64_t once = seen.there * (giving_back + faulting) << s.in_vain;
    constexpr std::uint32_t most_doublings = 10;
    if (s.wasted > once && s.in_vain < most_doublings) ++s.in_vain;
    return once;
  }

  /// Clears the pages that are not zero, neighbours together, as one long memset is faster than many of a page. False
  /// if more pages are in memory than may stay.
  template <class Pages>
  static bool clear_written(const Pages& pages, std::size_t from, std::size_t to, census& seen) noexcept {
    std::size_t begin = from;
    for (std::size_t at = from; at < to; at += page) {
      if (++seen.there * page > pages.keepable()) return false;
      if (pages.is_as_new(at, at + page)) {
        pages.restore(begin, at);
        begin = at + page;
      } else {
        ++seen.written;
      }
    }
    pages.restore(begin, to);
    return true;
  }
};

}  // namespace quire::recycling
