// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <type_traits>

#include <quire/policy.hpp>

namespace quire::page_size {

/// Which processes have the pages of a pool after a fork.
struct parent_only {};  // only the process that allocated them
struct inherited {};    // its children as well

/// Pages of `Size` bytes from the system's pool of huge pages. Commit takes them from the pool: an empty pool is
/// `out_of_memory` from allocate or grow, not a signal later. All granules are whole pages of `Size`:
/// `contract.exact_bound` is false, protect and discard have that granule, and growth within a page that was protected
/// makes all of it readable and writable. Discard takes its pages from the pool again at once.
///
/// `Children`: after a fork a child process does not have the memory (Linux: madvise(MADV_DONTFORK), one call per
/// reservation; a child must not access or destroy the copied object), unless `Children` is `inherited`. Then the first
/// write of either process to a shared page takes another page from the pool, and the process is killed by SIGBUS if
/// there is none. Use it only if the pool holds the memory once more for each child, or if no process writes.
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
