// SPDX-License-Identifier: BSL-1.0
#pragma once
// What policies ask of the layout, and the plan that follows from it, computed alike at allocate, at release, and in a
// fault handler.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <quire/units.hpp>

namespace quire {

/// Written by the policies that shape a memory. Every field only rises (`index_span`: falls), so that the order of
/// policies does not matter.
struct geometry {
  std::size_t guard_before = 0;                  // bytes
  std::size_t guard_after = 0;                   // bytes
  std::uint64_t reach = 0;                       // bytes from the base that fault or are this memory's
  std::uint64_t index_span = UINT64_MAX;         // upper bound of the maximum, in bytes
  std::size_t alignment = std::size_t{1} << 16;  // of the base
  std::size_t wanted_alignment = 1;              // by policies
  std::size_t commit_block = 1;                  // commit and decommit in multiples of it
  std::size_t access_block = 1;                  // access changes in multiples of it
  bool odd_granule_count = false;                // reserve an odd number of the system's granules

  /// At least so many inaccessible bytes before and after the memory.
  constexpr void want_guards(std::size_t before, std::size_t after) noexcept {
    guard_before = std::max(guard_before, before);
    guard_after = std::max(guard_after, after);
  }
  /// Commits, and changes of access, in multiples of so many bytes: powers of two.
  constexpr void want_blocks(std::size_t commit, std::size_t access_change) noexcept {
    commit_block = std::max(commit_block, commit);
    access_block = std::max(access_block, access_change);
  }
  /// A base that is a multiple of so many bytes: a power of two.
  constexpr void want_alignment(std::size_t bytes) noexcept {
    wanted_alignment = std::max(wanted_alignment, bytes);
    alignment = std::max(alignment, bytes);
  }

  friend constexpr bool operator==(const geometry&, const geometry&) = default;
};

/// One reservation: [guard before][capacity, and the rest of the reach][guard after].
struct layout {
  std::size_t before;     // bytes of the guard before the base
  std::size_t reserved;   // from the base
  std::size_t after;      // bytes of the guard behind them
  std::size_t alignment;  // of the base

  /// Bytes of address space that the reservation takes.
  [[nodiscard]] constexpr std::size_t total() const noexcept { return before + reserved + after; }
};

/// The system's part in the plan: its largest page, and the multiple in which address space is reserved.
struct granules {
  std::size_t page;         // bytes
  std::size_t reservation;  // bytes
};

/// Whether plans over this geometry cannot overflow: each part is at most an eighth of `max_bytes`, the reach a half.
[[nodiscard]] constexpr bool is_plannable(const geometry& g) noexcept {
  constexpr std::size_t most = max_bytes / 8;
  return g.guard_before <= most && g.guard_after <= most && g.alignment <= most && g.commit_block <= most &&
         g.reach <= max_bytes / 2;
}

/// Bytes that a layout may need beyond its capacity.
[[nodiscard]] constexpr std::size_t overhead(const geometry& g, granules system) noexcept {
  const std::size_t granule = std::max({system.page, g.commit_block, g.access_block, g.alignment});
  const std::size_t rounding = g.odd_granule_count ? 2 * system.reservation : system.reservation;
  return align_up(g.guard_before, granule) + align_up(g.guard_after, granule) + granule + rounding;
}

/// Precondition: is_plannable(g) and capacity <= max_bytes - overhead(g, system), which the allocator's limits ensure.
[[nodiscard]] constexpr layout plan(const geometry& g, std::size_t capacity, granules system) noexcept {
  const std::size_t granule = std::max({system.page, g.commit_block, g.access_block});
  layout l{};
  l.alignment = std::max(g.alignment, system.page);
  l.before = align_up(g.guard_before, l.alignment);
  l.reserved = align_up(std::max(capacity, static_cast<std::size_t>(g.reach)), granule);
  const std::size_t after = align_up(g.guard_after, granule);
  // An empty memory still has a base of its own. Compilers can derive this from the parts, but not from a sum, which
  // might wrap.
  const bool empty = l.before == 0 && l.reserved == 0 && after == 0;
  const std::size_t wanted = empty ? granule : l.before + l.reserved + after;
  std::size_t total = align_up(wanted, std::max(granule, system.reservation));
  if (g.odd_granule_count && total / system.reservation % 2 == 0) total += system.reservation;
  l.after = total - l.before - l.reserved;
  return l;
}

/// The largest capacity whose layout needs at most `bytes`: the part of a buffer that its guards leave.
[[nodiscard]] constexpr std::size_t room_in(std::size_t bytes, const geometry& g, granules system) noexcept {
  const std::size_t granule = std::max({system.page, g.commit_block, g.access_block});
  const std::size_t whole = align_down(bytes, std::max(granule, system.reservation));
  const std::size_t guards =
      align_up(g.guard_before, std::max(g.alignment, system.page)) + align_up(g.guard_after, granule);
  return whole > guards ? whole - guards : 0;
}

}  // namespace quire
