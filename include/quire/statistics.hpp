// SPDX-License-Identifier: BSL-1.0
#pragma once
// Figures of arenas, generated code, pools and regions, which the members `statistics` of these return.
#include <cstddef>
#include <cstdint>

namespace quire {

/// What an arena has taken, and how much of that is in use.
struct arena_statistics {
  std::size_t used = 0;       // bytes of the region, with the gaps of alignment
  std::size_t committed = 0;  // bytes of the region
  std::size_t most_used = 0;  // since the arena was made
  std::size_t large = 0;      // blocks with a memory of their own
  std::size_t in_large = 0;   // bytes committed for these

  friend constexpr bool operator==(const arena_statistics&, const arena_statistics&) = default;
};

/// What the code and the data of a jit_memory take.
struct jit_statistics {
  std::size_t functions = 0;
  std::size_t code = 0;  // bytes of these, in whole granules
  std::size_t data = 0;  // bytes, in whole pages
  std::size_t span = 0;  // bytes of address space for both, and slabs of it that are in use
  std::size_t slabs = 0;

  friend constexpr bool operator==(const jit_statistics&, const jit_statistics&) = default;
};

/// What became of the slots of a pool.
struct pool_statistics {
  std::uint32_t slots = 0;       // that the pool can hand out
  std::uint32_t ever_used = 0;   // prepared for use; these may have memory
  std::uint32_t live = 0;        // in use
  std::uint32_t warm = 0;        // free, with memory
  std::uint32_t waiting = 0;     // came back, and not cleaned yet; with a recycling that lets them wait
  std::uint32_t retired = 0;     // not proven clean: handed out only after it was possible to empty them
  std::size_t resident = 0;      // bytes that recycling left in memory; an upper bound, if no page is huge
  std::uint64_t recycled = 0;    // memories that came back and were cleaned
  std::uint64_t given_back = 0;  // times that memory was given back, to clean it or to stay within a limit
  std::uint64_t refused = 0;     // requests that found no free slot

  friend constexpr bool operator==(const pool_statistics&, const pool_statistics&) = default;
};

/// What all regions of an allocator take, together.
struct region_statistics {
  std::size_t regions = 0;
  std::size_t reserved = 0;   // bytes, with guards
  std::size_t committed = 0;  // bytes

  friend constexpr bool operator==(const region_statistics&, const region_statistics&) = default;
};

}  // namespace quire
