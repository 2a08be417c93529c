// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include <quire/recycling/decommit.hpp>

namespace quire::recycling {

/// As decommit, for several memories at once: one that comes back waits, and when there are `Memories`, or no other
/// slot is left, the memory of all is given back by one call for each 64 (Linux 6.15: process_madvise). Where threads
/// run on other processors, which the kernel has to interrupt for each call, 16 pages of a memory then take 6 us
/// instead of 19 to 25. `reset` gives memory back at once.
template <std::uint32_t Memories = 64>
struct batched_decommit : decommit {
  static_assert(Memories > 1, "quire: a batch is of two memories at least");
  static constexpr std::uint32_t waiting = Memories;
  static constexpr bool batched = true;
};

}  // namespace quire::recycling
