// SPDX-License-Identifier: BSL-1.0
#pragma once
// How much a store over a buffer distrusts its memory: the levels of backing::verified, the damage that it reports, and
// the room that it takes at the edges of the buffer.
#include <cstddef>

#include <quire/detail/enumerations.hpp>
#include <quire/units.hpp>

namespace quire {

/// Each level includes the ones before it. `off` costs nothing.
enum class verification : unsigned char {
  off,
  minimal,   // geometry: the buffer is aligned, large enough, claimed once, and released as it was claimed
  standard,  // bounds: every run lies where the record says; canaries at both edges, checked by grow and release
  full,      // a memory test before first use, which leaves no trace; a checksum over the record at the edge
  critical   // every word of bookkeeping is kept twice and compared in every call
};

[[nodiscard]] constexpr const char* name(verification level) noexcept {
  return detail::text_of(level, "unknown level", {"off", "minimal", "standard", "full", "critical"});
}

/// The damage that was found: the `native` of an error whose code is `errc::damaged` (for `geometry` and `unclaimable`:
/// `errc::invalid_argument`). No system and no store of Quire has codes in this range.
enum class damage : int {
  unclaimable = 0x200,  // the buffer cannot tell whether it is in use: a bare array or span
  geometry,             // the buffer is not where it should be, or is too small
  canary_before,        // the canary before the memory was overwritten
  canary_after,         // the canary behind it was overwritten
  bounds,               // the allocator and the record at the edge disagree on the committed bytes
  memory,               // memory does not keep the values written to it
  checksum,             // the record at the edge does not match its checksum
  copies                // the records at the two edges differ
};

/// The damage as a few words.
[[nodiscard]] constexpr const char* message(damage found) noexcept {
  return detail::text_of(
      static_cast<unsigned>(found) - static_cast<unsigned>(damage::unclaimable), "unknown damage",
      {"the buffer cannot tell whether it is in use", "the buffer is not where it should be",
       "the canary before the memory was overwritten", "the canary behind the memory was overwritten",
       "the committed size differs from the bookkeeping", "memory does not keep what is written into it",
       "the bookkeeping does not match its checksum", "the two copies of the bookkeeping differ"});
}

namespace detail {

/// The record at the edge: bytes of the region, committed bytes, and their checksum.
struct edge_record {
  std::size_t bytes, end, sum;
};
inline constexpr std::size_t canary_bytes = 2 * sizeof(std::size_t);

}  // namespace detail

/// Bytes that a level takes from the buffer before the memory, which has the given alignment, and behind it.
[[nodiscard]] constexpr std::size_t edge_before(verification level, std::size_t alignment) noexcept {
  if (level < verification::standard) return 0;
  return align_up(sizeof(detail::edge_record) + detail::canary_bytes, alignment);
}
/// As edge_before, behind the memory.
[[nodiscard]] constexpr std::size_t edge_after(verification level) noexcept {
  if (level < verification::standard) return 0;
  return align_up((level == verification::critical ? sizeof(detail::edge_record) : 0) + detail::canary_bytes,
                  alignof(std::max_align_t));
}

}  // namespace quire
