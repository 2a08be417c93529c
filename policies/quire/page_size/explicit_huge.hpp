#pragma once
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::page_size {

/// Pages of `Size` bytes from the system's reserved pool. They are taken when they are committed: a pool that is empty
/// is `out_of_memory` from allocate or grow, not a signal later. Everything comes in whole pages of `Size`:
/// `contract.exact_bound` is false, protect and discard have that granule, and what grow adds to a page that was
/// protected makes all of it readable and writable. Discard takes its pages again at once.
template <std::size_t Size>
struct explicit_huge {
  static_assert(is_power_of_two(Size), "quire: the size of a huge page is a power of two");
  using axis = axes::page_size;
  static constexpr std::size_t unit = 65536;
  constexpr void wish(attributes& a) const noexcept {
    a.huge = huge_wish::from_pool;
    a.huge_bytes = Size;
  }
  static constexpr void shape(geometry& g) noexcept {
    g.want_alignment(Size);
    g.want_blocks(Size, Size);
  }
};

}  // namespace quire::page_size
