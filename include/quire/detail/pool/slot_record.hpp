// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a pool remembers of each slot from one user to the next.
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace quire::detail {

/// `kept`: held by the stack_cache of a thread, and not returned yet. `waiting`: came back, and is not cleaned yet.
/// `retired`: not proven clean, and handed out only after it was.
enum class slot_state : unsigned char { unused, free, live, kept, waiting, retired };

/// Only the slot's user, or the thread that has taken it, writes a record; statistics and fault handlers read the
/// atomic members at any time. A cache line each, so that neighbours do not slow each other down. All zero until the
/// slot is made ready.
struct alignas(64) slot_record {
  // What has to be mended before the next user comes.
  static constexpr unsigned char access_changed = 1;  // some pages are not read_write
  static constexpr unsigned char suspect = 2;         // a call failed: some pages may be inaccessible
  static constexpr unsigned char grown_halfway = 4;   // a call failed: pages beyond `open` may be accessible
  static constexpr unsigned char unguarded = 8;       // a guard beside the slot was refused
  static constexpr unsigned char renewed = 16;        // a reset has left more in memory than is booked
  static constexpr std::size_t all = SIZE_MAX;

  std::byte* base = nullptr;
  std::atomic<std::size_t> open{0};      // bytes from the base that are accessible
  std::atomic<std::size_t> resident{0};  // upper bound of the bytes that recycling left in memory
  std::atomic<std::uint64_t> key{0};     // the user's
  std::size_t written = all;             // the high-water mark, if the user has set it
  std::size_t extent = 0;                // bytes from the base that may have memory: `open`, and what was closed since
  std::atomic<std::uint32_t> next{0};    // in a stack of free slots: number + 1
  std::uint32_t prepared = 0;            // pages from the base that are populated, locked and tagged as requested
  std::atomic<std::uint32_t> uses{0};    // times that the slot came back
  std::atomic<slot_state> state{slot_state::unused};
  unsigned char faults = 0;  // the bits above
  unsigned char home = 0;    // the stack that it returns to
  unsigned char colour = 0;  // what tells its pages from its neighbours': the stripe whose key they have, or their tag
};
static_assert(sizeof(void*) > 8 || sizeof(slot_record) == 64);

}  // namespace quire::detail
