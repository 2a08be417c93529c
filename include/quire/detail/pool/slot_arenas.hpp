// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where the slots of a pool lie: side by side in a few large reservations, found again from an address by arithmetic.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <quire/detail/pool/slot_order.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// What a slot needs: the layout of one memory, with guards that neighbours share.
struct slot_layout {
  std::size_t before;    // guard before the first slot
  std::size_t capacity;  // bytes that may become accessible
  std::size_t reserved;  // bytes from the base to the guard behind
  std::size_t stride;    // from one base to the next
  std::size_t alignment;
  std::size_t tail = 0;       // behind the last slot, for what others find in their neighbours' slots
  std::uint32_t stripes = 1;  // slots in a row that have different keys

  [[nodiscard]] static constexpr slot_layout of(const layout& one, std::size_t capacity) noexcept {
    const std::size_t guard = std::max(one.before, one.after);
    return {one.before, capacity, one.reserved, align_up(one.reserved + guard, one.alignment), one.alignment};
  }
  /// How many keys bring slots as close together as they get; two where they are that close without any.
  [[nodiscard]] constexpr std::size_t useful_stripes() const noexcept {
    const std::size_t closest = align_up(capacity, alignment);
    return std::max<std::size_t>(2, (stride + closest - 1) / closest);
  }
  /// With so many keys, at most those that are useful: two slots of one key are as far apart as they were, and those
  /// between them have other keys.
  [[nodiscard]] constexpr slot_layout with_stripes(std::uint32_t keys) const noexcept {
    slot_layout striped = *this;
    striped.stride = std::max(align_up((stride + keys - 1) / keys, alignment), align_up(capacity, alignment));
    striped.tail = stride - striped.stride;
    striped.stripes = keys;
    return striped;
  }
  /// The bytes between two slots that never become accessible.
  [[nodiscard]] constexpr std::size_t gap() const noexcept { return stride - capacity; }
};

/// Where an address lies: in or behind which slot, and how far from its base; for addresses before the first base of an
/// arena, that slot and `before`.
struct slot_place {
  std::uint32_t slot;  // number + 1, or 0
  std::size_t from_base;
  bool before;
};

/// The table is only added to, before the pool is shared: find is async-signal-safe.
class slot_arenas {
 public:
  static constexpr std::size_t most = 64;
  struct arena {
    std::byte* begin;
    std::size_t bytes;
    std::uint32_t first, count;  // slots
  };

  slot_order order{};  // set before the first arena is added

  void add(arena one) noexcept { all_[used_++] = one; }
  [[nodiscard]] bool full() const noexcept { return used_ == most; }
  [[nodiscard]] const arena* begin() const noexcept { return all_; }
  [[nodiscard]] const arena* end() const noexcept { return all_ + used_; }

  /// The base of a slot by its number, which exists.
  [[nodiscard]] std::byte* base_of(std::uint32_t number, const slot_layout& l) const noexcept {
    const arena& a = arena_of(number);
    return a.begin + l.before + std::size_t{order.place_of(number - a.first, a.count)} * l.stride;
  }
  /// How many slots of its arena lie below a slot, by its number.
  [[nodiscard]] std::uint32_t place_of(std::uint32_t number) const noexcept {
    const arena& a = arena_of(number);
    return order.place_of(number - a.first, a.count);
  }
  /// Whether a slot begins an arena, so that no slot lies below it.
  [[nodiscard]] bool begin_with(std::uint32_t number) const noexcept { return place_of(number) == 0; }
  [[nodiscard]] slot_place find(const void* p, const slot_layout& l) const noexcept {
    for (const arena& a : *this) {
      const std::size_t offset = reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(a.begin);
      if (offset >= a.bytes) continue;
      const std::size_t inside = offset - std::min(offset, l.before);
      const auto place = static_cast<std::uint32_t>(std::min<std::size_t>(inside / l.stride, a.count - 1));
      return {a.first + order.number_at(place, a.count) + 1, inside - place * l.stride, offset < l.before};
    }
    return {0, 0, false};
  }

 private:
  [[nodiscard]] const arena& arena_of(std::uint32_t number) const noexcept {
    const arena* a = all_;
    while (number - a->first >= a->count) ++a;
    return *a;
  }

  std::size_t used_ = 0;
  arena all_[most] = {};
};

}  // namespace quire::detail
