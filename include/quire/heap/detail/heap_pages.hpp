// SPDX-License-Identifier: BSL-1.0
#pragma once
// What heaps rely on, and how the pages of regions are committed for one.
#include <cstddef>
#include <span>

#include <quire/detail/committed_pages.hpp>
#include <quire/store/regions.hpp>

namespace quire::heap::detail {

/// What every heap relies on without a check, one message each.
template <class A>
struct heap_needs {
  static_assert(!A::contract.base_is_tagged,
                "quire: a heap computes with addresses, and keeps bits of its own in them: no tagged memory");
  static_assert(A::contract.zero_on_grow, "quire: heaps are told that their pages are zero: new pages must be zero");
};

/// The same for heaps that commit parts of regions.
template <class Regions>
struct heap_regions_need : heap_needs<typename Regions::allocator_type> {
  static_assert(Regions::largest_granule <= 65536,
                "quire: heaps commit 64 KiB or less at a time: they cannot use blocks of huge pages (no in_blocks)");
};

/// Where a partition is charged for committed pages, or none can be discarded, pages are committed as the heap uses
/// them. Elsewhere whole regions are, as the heaps do it themselves: pages whose access differs from their neighbours'
/// take mappings, whose number is limited, and keep huge pages from forming.
template <class Regions>
inline constexpr bool commits_on_demand = quire::charging_store<typename Regions::allocator_type::backing_type> ||
                                          !requires(Regions& from, std::span<std::byte> run) { from.discard(run); };

[[nodiscard]] inline std::span<std::byte> run_at(void* address, std::size_t bytes) noexcept {
  return {static_cast<std::byte*>(address), bytes};
}

/// Makes the pages read as zero, and gives their memory back.
template <class Regions>
[[nodiscard]] bool discard(Regions& from, std::span<std::byte> run) noexcept {
  if constexpr (requires { from.discard(run); }) return from.discard(run).has_value();
  return false;
}

}  // namespace quire::heap::detail
