#pragma once
#include <bit>
#include <cstddef>
#include <type_traits>

#include <quire/policy.hpp>

namespace quire::page_size {

/// Who has the pages of a pool after a fork.
struct parent_only {};  // the process that allocated them
struct inherited {};    // its children as well

/// Pages of `Size` bytes from the system's reserved pool. They are taken when they are committed: a pool that is empty
/// is `out_of_memory` from allocate or grow, not a signal later. Everything comes in whole pages of `Size`:
/// `contract.exact_bound` is false, protect and discard have that granule, and what grow adds to a page that was
/// protected makes all of it readable and writable. Discard takes its pages again at once.
///
/// `Children`: a child process does not have the memory after a fork (Linux: madvise(MADV_DONTFORK), one call a
/// reservation; a child may not touch or destroy the copied object), unless it is `inherited`. Then the first write of
/// either process to a page that both have takes another page from the pool, and the process is killed by SIGBUS if
/// there is none: use it only where the pool holds the memory once more for each child, or nobody writes.
template <std::size_t Size, class Children = parent_only>
struct explicit_huge {
  static_assert(std::has_single_bit(Size), "quire: the size of a huge page is a power of two");
  static_assert(std::is_same_v<Children, parent_only> || std::is_same_v<Children, inherited>,
                "quire: pages of a pool are parent_only or inherited");
  using axis = axes::page_size;
  static constexpr std::size_t unit = 65536;
  constexpr void request(attributes& a) const noexcept {
    a.huge = huge_request::from_pool;
    a.huge_bytes = Size;
    if (std::is_same_v<Children, inherited>) a.inheritance = inheritance::included;
  }
  static constexpr void shape(geometry& g) noexcept {
    g.want_alignment(Size);
    g.want_blocks(Size, Size);
  }
};

}  // namespace quire::page_size
