// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <type_traits>

#include <quire/policy.hpp>

namespace quire::page_size {

/// How transparent huge pages apply to a memory that grows by less than one of them.
struct exactly {};    // the bound stays exact; blocks that growth completed become huge by collapse()
struct in_blocks {};  // whole blocks are committed, so that they are huge from the first touch

/// Huge pages wherever the system has them available. The reservation is aligned to `Block` and advised (Linux:
/// madvise(MADV_HUGEPAGE), one call per reservation), which also enables folios of 64 KiB if the kernel has them.
///
/// `exactly`: the pages of one commit can be huge at once; a huge page needs its whole block accessible when it is
/// first touched. `in_blocks`: commits come in blocks. Bytes between the size and the end of its block do not fault and
/// are cleared when growth reaches them, and `contract.exact_bound` is false.
///
/// `Block` is the size of a huge page, or the smallest that is worth having: 2 MiB with 4 KiB pages, on x86 and Arm.
template <class Commit = exactly, std::size_t Block = std::size_t{2} << 20>
struct transparent_huge {
  static_assert(std::is_same_v<Commit, exactly> || std::is_same_v<Commit, in_blocks>,
                "quire: transparent_huge commits exactly or in_blocks");
  static_assert(std::has_single_bit(Block) && Block > 65536,
                "quire: a block of huge pages is a power of two above 64 KiB");
  using axis = axes::page_size;
  static constexpr std::size_t unit = 65536;
  /// The blocks of `collapse`.
  static constexpr std::size_t collapses_to = Block;
  constexpr void request(attributes& a) const noexcept { a.huge = huge_request::when_possible; }
  static constexpr void shape(geometry& g) noexcept {
    g.want_alignment(Block);
    if (std::is_same_v<Commit, in_blocks>) g.want_blocks(Block, 1);
  }
};

}  // namespace quire::page_size
