// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory for objects that end together: pieces are cut one after the other from a region that grows in place, and all
// are given back at once. The pages stay, so that the next life faults none of them in again. arena (quire/arena.hpp)
// is this one over the platform's allocator.
#include <algorithm>
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <quire/bad_alloc.hpp>
#include <quire/contract.hpp>
#include <quire/detail/doubling.hpp>
#include <quire/detail/poisoning.hpp>
#include <quire/detail/populate_ahead.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/statistics.hpp>
#include <quire/units.hpp>

namespace quire {

/// For one thread at a time. Pieces are not zero, since others may have had their bytes; nor are destructors called.
///
/// The region has address space for the allocator's limit (4 GiB by default), which is reserved by the first piece. A
/// piece of at least `large` bytes, whose alignment the allocator has, gets a memory of its own, which goes when it is
/// given back, so that the region is not made large by a few of them.
template <class A>
class basic_arena {
  static_assert(page_allocator_like<A>, "quire: an arena is made over an allocator of pages");
  static_assert(!A::contract.base_may_move && !A::contract.base_bits_change_on_reset,
                "quire: pieces of an arena keep their addresses, so the memory must not move");

 public:
  /// Bytes from which on a piece gets a memory of its own.
  static constexpr std::size_t usual_large = std::size_t{1} << 20;

  basic_arena() noexcept
    requires std::default_initializable<A>
  = default;
  /// Over allocators without a region that `make` returns: one for the region, and one for each large piece.
  explicit basic_arena(A (*make)() noexcept, std::size_t large = usual_large) noexcept
      : region_(make()), make_(make), large_(std::min(large, max_bytes / 2)) {}
  basic_arena(const basic_arena&) = delete;
  basic_arena& operator=(const basic_arena&) = delete;
  ~basic_arena() {
    drop_large_after(0);
    if constexpr (detail::poisoning::active)
      if (has_region()) {
        detail::poisoning::remove_owner(this);
        detail::poisoning::show(region_.data(), 0, region_.size());
      }
  }

  /// `alignment` is a power of two. Errors: `invalid_argument` (it is not), `limit_exceeded` (the region's end), and
  /// those of the allocator. Nothing has changed then. Cost: an addition and a comparison; one call for each doubling
  /// of the region, one for up to 128 KiB of pages that no life has had yet, if small pieces take them, and two for a
  /// large piece.
  [[nodiscard]] BOOST_FORCEINLINE result<std::byte*> allocate(
      std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    const std::uintptr_t at = (top_ + (alignment - 1)) & ~(std::uintptr_t{alignment} - 1);
    // Not std::has_single_bit, which is a call on processors without an instruction for it.
    const bool is_usual = alignment - 1 < most_aligned && (alignment & (alignment - 1)) == 0;
    if (!is_usual || bytes >= large_ || at + bytes > end_) [[unlikely]]
      return allocate_slowly(bytes, alignment);
    return cut(at, bytes);
  }
  /// The last piece that was allocated is free again, and so is a large one, whose memory goes; all others stay until a
  /// reset.
  BOOST_FORCEINLINE void deallocate(std::byte* piece, std::size_t bytes) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(piece);
    if constexpr (detail::poisoning::active) take_back(at, bytes);
    if (at + bytes == top_) {
      most_ = std::max(most_, top_);
      top_ = at;
    } else if (bytes >= large_) {
      drop_large(piece);
    }
  }

  /// What is allocated at a moment. All that comes later is given back by `reset_to`.
  class mark_type {
    friend basic_arena;
    std::size_t used_ = 0;
    std::size_t large_ = 0;  // how many large pieces there had been
  };
  /// The present moment, for `reset_to`.
  [[nodiscard]] mark_type mark() const noexcept {
    mark_type made;
    made.used_ = used();
    made.large_ = large_made_;
    return made;
  }
  /// Precondition: the mark is this arena's, and there was no reset, nor one to an earlier mark, in between.
  void reset_to(mark_type to) noexcept {
    if (!has_region()) return;
    most_ = std::max(most_, top_);
    drop_large_after(to.large_);
    detail::poisoning::take_back_all(this, region_.data(), to.used_, region_.size());
    top_ = base() + to.used_;
  }
  /// Gives everything back. Up to `keep` bytes of the region, rounded up to pages of `A`, stay committed, and in memory
  /// as far as they were used; the pages behind them are given back to the system, unless it refuses. No system call if
  /// the region has fewer.
  void reset(std::size_t keep = SIZE_MAX) noexcept {
    reset_to({});
    if (!has_region()) return;
    if constexpr (requires(typename A::pages n) { region_.shrink(n, n); }) {
      const typename A::pages now = region_.size_pages(), kept = pages_for<A>(std::min<std::size_t>(keep, max_bytes));
      if (kept < now) {
        detail::poisoning::show(region_.data(), 0, region_.size());
        (void)region_.shrink(now, typename A::pages{now.n - kept.n});
        detail::poisoning::hide(region_.data(), 0, region_.size());
      }
      // None, if that has lost a part: then the next piece is refused.
      end_ = std::min<std::uintptr_t>(end_, base() + region_.size());
    }
  }

  /// Visits each large piece.
  [[nodiscard]] arena_statistics statistics() const noexcept {
    if (!has_region()) return {};
    arena_statistics told{.used = used(), .committed = region_.size(), .most_used = std::max(most_, top_) - base()};
    for (const large_piece* each = last_large_; each != nullptr; each = each->before) {
      ++told.large;
      told.in_large += each->memory.size();
    }
    return told;
  }
  /// The memory that all but the large pieces come from, for effective, explain and zone_of.
  [[nodiscard]] const A& region() const noexcept { return region_; }

 private:
  // With no more, and with pieces below `large_`, no sum of addresses overflows.
  static constexpr std::size_t most_aligned = std::size_t{1} << 24;
  static constexpr auto unspecified = detail::poisoning::contents::unspecified;

  /// Kept in the region, before the piece that needed it.
  struct large_piece {
    A memory;
    std::size_t number;  // in the order in which they were made, from 1
    large_piece* before;
  };

  static A make_default() noexcept
    requires std::default_initializable<A>
  {
    return A{};
  }
  static constexpr auto usual_make() noexcept {
    if constexpr (std::default_initializable<A>)
      return &make_default;
    else
      return static_cast<A (*)() noexcept>(nullptr);
  }

  [[nodiscard]] bool has_region() const noexcept { return end_ != 0; }
  [[nodiscard]] std::uintptr_t base() const noexcept { return reinterpret_cast<std::uintptr_t>(region_.data()); }
  [[nodiscard]] std::size_t used() const noexcept { return has_region() ? top_ - base() : 0; }

  BOOST_FORCEINLINE std::byte* cut(std::uintptr_t at, std::size_t bytes) noexcept {
    top_ = at + bytes;
    if constexpr (detail::poisoning::active)
      if (bytes != 0) detail::poisoning::hand_out(this, region_.data(), at - base(), top_ - base(), unspecified);
    return reinterpret_cast<std::byte*>(at);
  }
  /// A piece of the region.
  void take_back(std::uintptr_t at, std::size_t bytes) noexcept {
    if (bytes != 0 && at - base() < region_.size())
      detail::poisoning::take_back(this, region_.data(), at - base(), at + bytes - base());
  }
  [[nodiscard]] BOOST_NOINLINE result<std::byte*> allocate_slowly(std::size_t bytes, std::size_t alignment) noexcept {
    if (!std::has_single_bit(alignment)) return failure(errc::invalid_argument, step::plan);
    if (bytes > max_bytes || alignment > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
    if (!has_region())
      if (const auto made = reserve(); !made) return std::unexpected(made.error());
    const bool is_large = bytes >= large_ && alignment <= A::contract.alignment;
    return is_large ? allocate_large(bytes) : allocate_by_growth(bytes, alignment);
  }
  [[nodiscard]] result<void> reserve() noexcept {
    if (const auto done = region_.allocate(typename A::pages{0}); !done) return std::unexpected(done.error());
    top_ = end_ = most_ = base();
    detail::poisoning::add_owner(this);
    return {};
  }
  [[nodiscard]] result<std::byte*> allocate_by_growth(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t at = align_up(top_, alignment), needed = at + bytes - base();
    if (needed > region_.capacity()) return failure(errc::limit_exceeded, step::plan);
    if (needed > end_ - base())
      if (const auto grown = grow(needed); !grown) return std::unexpected(grown.error());
    return cut(at, bytes);
  }
  [[nodiscard]] result<void> grow(std::size_t needed) noexcept {
    const std::size_t there = end_ - base(), committed = region_.size();
    const bool soon_written = needed - there <= detail::most_ahead;  // of a larger piece, or gap, perhaps a part only
    if (const auto grown = detail::grow_by_doubling(region_, needed); !grown) return grown;
    detail::poisoning::show(region_.data(), there, committed);
    end_ = base() + (soon_written ? detail::populate_ahead(region_, there, needed) : needed);
    detail::poisoning::hide(region_.data(), there, region_.size());
    return {};
  }
  [[nodiscard]] result<std::byte*> allocate_large(std::size_t bytes) noexcept {
    A memory = make_();
    const auto size = pages_for<A>(bytes);
    if (const auto got = memory.allocate(size, std::optional(size)); !got) return std::unexpected(got.error());
    const auto record = allocate_by_growth(sizeof(large_piece), alignof(large_piece));
    if (!record) return record;
    last_large_ =
        std::construct_at(reinterpret_cast<large_piece*>(*record), std::move(memory), ++large_made_, last_large_);
    return last_large_->memory.data();
  }
  void drop_large_after(std::size_t number) noexcept {
    while (last_large_ != nullptr && last_large_->number > number) drop(last_large_);
  }
  void drop_large(const std::byte* piece) noexcept {
    large_piece** at = &last_large_;
    while (*at != nullptr && (*at)->memory.data() != piece) at = &(*at)->before;
    if (*at != nullptr) drop(*at);
  }
  /// The record's room is free again if nothing was allocated behind it.
  void drop(large_piece*& link) noexcept {
    large_piece* const dropped = std::exchange(link, link->before);
    const auto at = reinterpret_cast<std::uintptr_t>(dropped);
    std::destroy_at(dropped);
    if constexpr (detail::poisoning::active) take_back(at, sizeof(large_piece));
    if (at + sizeof(large_piece) != top_) return;
    most_ = std::max(most_, top_);
    top_ = at;
  }

  A region_;
  A (*make_)() noexcept = usual_make();
  std::size_t large_ = usual_large;
  std::uintptr_t top_ = 1;  // where the next piece begins; behind `end_` while there is no region
  std::uintptr_t end_ = 0;  // of the pages that pieces are cut from without a call; 0: there is no region yet
  std::uintptr_t most_ = 0;
  large_piece* last_large_ = nullptr;
  std::size_t large_made_ = 0;
};

/// For containers of the standard library. The arena outlives them. If there is no memory, it throws
/// quire::bad_alloc, which is a std::bad_alloc, or ends the process where exceptions are disabled.
template <class T, class A>
class basic_arena_allocator {
 public:
  using value_type = T;

  /// Implicit, as containers take it.
  basic_arena_allocator(basic_arena<A>& from) noexcept : from_(&from) {}
  template <class Other>
  basic_arena_allocator(const basic_arena_allocator<Other, A>& other) noexcept : from_(&other.arena()) {}

  /// Throws quire::bad_alloc. Cost: that of basic_arena::allocate.
  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count > max_bytes / sizeof(T) ? SIZE_MAX : count * sizeof(T);
    return reinterpret_cast<T*>(detail::value_or_throw(from_->allocate(bytes, alignof(T))));
  }
  /// As basic_arena::deallocate.
  void deallocate(T* piece, std::size_t count) noexcept {
    from_->deallocate(reinterpret_cast<std::byte*>(piece), count * sizeof(T));
  }
  /// Where the pieces come from.
  [[nodiscard]] basic_arena<A>& arena() const noexcept { return *from_; }

  template <class Other>
  friend bool operator==(const basic_arena_allocator& a, const basic_arena_allocator<Other, A>& b) noexcept {
    return &a.arena() == &b.arena();
  }

 private:
  basic_arena<A>* from_;
};

}  // namespace quire
