// SPDX-License-Identifier: BSL-1.0
#pragma once
// A statically allocated buffer that knows whether it is in use.
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>

#include <quire/units.hpp>
#include <quire/verification.hpp>

namespace quire {

/// Whether a buffer is in use: the one fact that two allocators over it must agree on. Taken by allocate, given back by
/// deallocate.
///
/// Thread-safe if the processor has an atomic exchange. If it has none (Cortex-M0: no exclusive loads), taking is a
/// load and a store, and code that can interrupt an allocate must not allocate from the same buffer.
class storage_claim {
 public:
  /// Returns false if the buffer was taken already.
  [[nodiscard]] bool take() noexcept {
    if constexpr (std::atomic<bool>::is_always_lock_free) return !taken_.exchange(true, std::memory_order_acquire);
    if (taken_.load(std::memory_order_relaxed)) return false;
    taken_.store(true, std::memory_order_relaxed);
    return true;
  }
  /// The buffer is free again.
  void give_back() noexcept { taken_.store(false, std::memory_order_release); }
  /// Whether an allocator has a memory in the buffer now.
  [[nodiscard]] bool is_taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> taken_{false};
};

/// `Bytes` of memory for one allocator at a time, named as `backing::static_buffer<storage>`. The object has static
/// storage duration and, being all zero, takes no space in the program's file. `Level` adds the bytes that
/// `backing::verified` of that level takes at the edges, so that `Bytes` are left. `Alignment`, a power of two, is that
/// of the memory. The claim lies behind the memory: with a large alignment, as an MPU may need it, `Bytes` a little
/// below a multiple of it waste nothing.
template <std::size_t Bytes, verification Level = verification::off, std::size_t Alignment = alignof(std::max_align_t)>
class static_storage {
  static_assert(Bytes != 0 && Bytes <= max_bytes / 2, "quire: a static storage has at least one byte");
  static_assert(std::has_single_bit(Alignment) && Alignment >= alignof(std::max_align_t),
                "quire: the alignment of a static storage is a power of two, at least that of std::max_align_t");

 public:
  /// In bytes, of the first byte.
  static constexpr std::size_t alignment = Alignment;
  /// With the edges that the level takes.
  static constexpr std::size_t bytes =
      edge_before(Level, Alignment) + align_up(Bytes, alignof(std::max_align_t)) + edge_after(Level);

  /// The first byte, the edge included.
  [[nodiscard]] constexpr std::byte* data() noexcept { return bytes_; }
  /// All bytes, edges included.
  [[nodiscard]] constexpr std::span<std::byte, bytes> span() noexcept { return bytes_; }

 private:
  alignas(Alignment) std::byte bytes_[bytes]{};

 public:
  /// Says which allocator has the buffer: none, or one.
  storage_claim claim;
};

}  // namespace quire
