// SPDX-License-Identifier: BSL-1.0
#pragma once
// The blocks of a partition's minimum, and which memory owns each: shared by threads without a lock.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// The blocks of a preallocated object, and a table of them, which lies behind them in the same object. `hold_blocks`
/// and `drop_blocks` belong to one thread, while no other thread has a block; any thread may call the other members.
class partition_blocks {
  /// For each block: the memory that owns it (0: none), where it is mapped, and how many bytes from its beginning.
  struct block {
    std::atomic<std::uint64_t> owner{0};
    std::atomic<std::uintptr_t> address{0};
    std::atomic<std::size_t> mapped{0};
  };

 public:
  static constexpr std::size_t block_bytes = 65536;
  /// A range of bytes.
  struct part {
    std::size_t offset = 0, bytes = 0;
  };

  /// Returns another owner for each memory that takes blocks. A memory looks only at blocks of its own owner, and not
  /// at whether the partition is open.
  static constexpr std::uint64_t no_owner = 0;
  [[nodiscard]] std::uint64_t new_owner() noexcept { return ++owners_; }

  /// Reserves up to `most` free blocks for a memory that has charged as much, and returns how many: that many `take`
  /// finds. Thus no memory is refused while a block is free, and no block of another memory is claimed only to be given
  /// back.
  [[nodiscard]] std::size_t reserve_blocks(std::size_t most) noexcept {
    std::size_t now = free_blocks_;
    while (!free_blocks_.compare_exchange_weak(now, now - (now < most ? now : most))) {
    }
    return now < most ? now : most;
  }
  void unreserve_blocks(std::size_t blocks) noexcept { free_blocks_ += blocks; }
  /// Takes consecutive blocks, at most as many as are `reserved`, which is not 0, for the pages from `at` on. Other
  /// threads claim and give back blocks meanwhile, so that one pass over the table may miss the free one.
  [[nodiscard]] part take(std::byte* at, std::size_t& reserved, std::uint64_t owner) noexcept {
    for (std::size_t first = 0;; first = first + 1 < blocks_ ? first + 1 : 0) {
      std::size_t n = 0;
      while (n < reserved && first + n < blocks_ && claim(first + n, owner)) {
        table_[first + n].address = address_of(at) + n * block_bytes;
        table_[first + n].mapped = block_bytes;
        ++n;
      }
      reserved -= n;
      if (n != 0) return {first * block_bytes, n * block_bytes};
    }
  }
  [[nodiscard]] bool has_blocks_in(page_run r, std::uint64_t owner) const noexcept {
    if (owner == no_owner) return false;
    for (std::size_t i = 0; i < blocks_; ++i)
      if (table_[i].owner == owner && overlap(i, r).bytes != 0) return true;
    return false;
  }
  /// Clears the blocks in `r`, whatever the access of the pages that are mapped from them.
  void clear(page_run r, std::uint64_t owner) noexcept {
    if (owner == no_owner) return;
    for (std::size_t i = 0; i < blocks_; ++i)
      if (table_[i].owner == owner)
        if (const part p = overlap(i, r); p.bytes != 0) std::memset(view_ + i * block_bytes + p.offset, 0, p.bytes);
  }
  /// Gives back the blocks in `r`, which reaches to the end of the memory and has no mapped blocks any more. They are
  /// cleared, and those that begin in `r` are free again. One that begins before keeps its owner, which still has a
  /// part of it. An owner without blocks becomes `no_owner`.
  void give_back(page_run r, std::uint64_t& owner) noexcept {
    if (owner == no_owner) return;
    clear(r, owner);
    bool keeps = false;
    for (std::size_t i = 0; i < blocks_; ++i) {
      if (table_[i].owner != owner) continue;
      if (overlap(i, r).bytes != 0) table_[i].mapped = overlap(i, r).offset;
      if (table_[i].mapped != 0) {
        keeps = true;
      } else {
        table_[i].owner = no_owner;
        ++free_blocks_;  // only after it can be claimed
      }
    }
    if (!keeps) owner = no_owner;
  }
  /// The first part of `r` that has no blocks.
  [[nodiscard]] page_run without_blocks(page_run r, std::uint64_t owner) const noexcept {
    if (owner == no_owner) return r;
    const std::uintptr_t begin = address_of(r.base), end = begin + r.bytes;
    std::uintptr_t at = begin;
    for (std::size_t i = find(at, owner, 0); i < blocks_ && at < end; i = find(at, owner, i))
      at = table_[i].address + table_[i].mapped;
    std::uintptr_t until = end;
    for (std::size_t i = 0; i < blocks_ && at < end; ++i)
      if (table_[i].owner == owner && table_[i].address >= at && table_[i].address < until) until = table_[i].address;
    return at < end ? page_run{r.base + (at - begin), until - at} : page_run{r.base + r.bytes, 0};
  }
  /// Bytes of blocks that no memory owns or has reserved.
  [[nodiscard]] std::size_t free_bytes() const noexcept { return free_blocks_ * block_bytes; }

 protected:
  [[nodiscard]] static constexpr std::size_t table_bytes(std::size_t blocks) noexcept {
    return align_up(blocks * sizeof(block), block_bytes);
  }
  void hold_blocks(std::byte* view, std::size_t blocks) noexcept {
    view_ = view;
    table_ = reinterpret_cast<block*>(view + blocks * block_bytes);
    for (std::size_t i = 0; i < blocks; ++i) ::new (static_cast<void*>(table_ + i)) block;
    blocks_ = free_blocks_ = blocks;
  }
  void drop_blocks() noexcept {
    blocks_ = free_blocks_ = 0;
    table_ = nullptr;
  }
  [[nodiscard]] bool has_blocks() const noexcept { return blocks_ != 0; }

 private:
  static std::uintptr_t address_of(const std::byte* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }
  bool claim(std::size_t i, std::uint64_t owner) noexcept {
    std::uint64_t before = no_owner;
    return table_[i].owner.compare_exchange_strong(before, owner);
  }
  /// The part of a block that lies in `r`, as an offset from its beginning.
  [[nodiscard]] part overlap(std::size_t i, page_run r) const noexcept {
    const std::uintptr_t begin = table_[i].address, end = begin + table_[i].mapped, run = address_of(r.base);
    const std::uintptr_t from = begin > run ? begin : run, to = end < run + r.bytes ? end : run + r.bytes;
    return from < to ? part{from - begin, to - from} : part{};
  }
  /// The block at an address. The search begins at `first`, because consecutive blocks are mostly mapped consecutively.
  [[nodiscard]] std::size_t find(std::uintptr_t at, std::uint64_t owner, std::size_t first) const noexcept {
    for (std::size_t n = 0, i = first; n < blocks_; ++n, i = i + 1 < blocks_ ? i + 1 : 0)
      if (table_[i].owner == owner && table_[i].address <= at && at - table_[i].address < table_[i].mapped) return i;
    return blocks_;
  }

  std::size_t blocks_ = 0;
  std::byte* view_ = nullptr;
  block* table_ = nullptr;
  std::atomic<std::size_t> free_blocks_{0};  // neither owned nor reserved by a memory
  std::atomic<std::uint64_t> owners_{0};
};

}  // namespace quire::detail
