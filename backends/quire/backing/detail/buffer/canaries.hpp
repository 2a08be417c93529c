// SPDX-License-Identifier: BSL-1.0
#pragma once
// The edges of a verified buffer: a record before the memory, canaries on both sides, a copy of the record.
//
//     [record][canaries] memory … [canaries][copy of the record]
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>

#include <quire/units.hpp>
#include <quire/verification.hpp>

namespace quire::backing::detail {

/// `base` is the beginning of the memory; `room` is the space that the buffer has for it. Everything is read from
/// memory each time.
template <verification Level, std::size_t Alignment>
class buffer_edges {
  using record = quire::detail::edge_record;
  static constexpr bool sums = Level >= verification::full, copies = Level == verification::critical;

 public:
  static constexpr std::size_t before = edge_before(Level, Alignment), after = edge_after(Level);

  constexpr buffer_edges(std::byte* base, std::size_t room) noexcept : base_(base), room_(room) {}

  /// Starts a region of `bytes` bytes, none of them committed.
  void open(std::size_t bytes) const noexcept {
    write({bytes, 0, 0});
    for (std::byte* p = canary_before(); p != base_; p += word) put(p, canary_at(p));
    for (std::byte* p = base_ + bytes; p != copy_of(bytes); p += word) put(p, canary_at(p));
  }
  void commit_up_to(record b, std::size_t end) const noexcept {
    b.end = end;
    write(b);
  }

  /// The record, if it is consistent; otherwise the code of the damage.
  [[nodiscard]] std::expected<record, int> read() const noexcept {
    record b;
    std::memcpy(&b, base_ - before, sizeof b);
    const auto is = [](damage found) { return std::unexpected(static_cast<int>(found)); };
    if (b.bytes > room_ || b.end > b.bytes) return is(damage::bounds);
    if (sums && b.sum != sum_of(b)) return is(damage::checksum);
    if (copies && std::memcmp(&b, copy_of(b.bytes), sizeof b) != 0) return is(damage::copies);
    return b;
  }
  /// Returns 0, or the damage code of the canary that has changed.
  [[nodiscard]] int missing_canary(const record& b) const noexcept {
    for (std::byte* p = canary_before(); p != base_; p += word)
      if (get(p) != canary_at(p)) return static_cast<int>(damage::canary_before);
    for (std::byte* p = base_ + b.bytes; p != copy_of(b.bytes); p += word)
      if (get(p) != canary_at(p)) return static_cast<int>(damage::canary_after);
    return 0;
  }

 private:
  static constexpr std::size_t word = sizeof(std::uintptr_t);

  void write(record b) const noexcept {
    if constexpr (sums) b.sum = sum_of(b);
    std::memcpy(base_ - before, &b, sizeof b);
    if constexpr (copies) std::memcpy(copy_of(b.bytes), &b, sizeof b);
  }
  /// Differs for each flipped bit, and for other memory.
  std::size_t sum_of(const record& b) const noexcept {
    return ~(b.bytes ^ std::rotl(b.end, 11) ^ std::rotl(reinterpret_cast<std::uintptr_t>(base_), 21));
  }
  std::byte* canary_before() const noexcept { return base_ - before + sizeof(record); }
  /// The end of the canaries behind the memory.
  std::byte* copy_of(std::size_t bytes) const noexcept { return base_ + bytes + after - (copies ? sizeof(record) : 0); }

  /// Specific to its address, so that neither zeros nor a moved block pass for it.
  static std::uintptr_t canary_at(const std::byte* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p) ^ quire::detail::integer_cast<std::uintptr_t>(0x9e3779b97f4a7c15);
  }
  static std::uintptr_t get(const std::byte* p) noexcept {
    std::uintptr_t w;
    std::memcpy(&w, p, word);
    return w;
  }
  static void put(std::byte* p, std::uintptr_t w) noexcept { std::memcpy(p, &w, word); }

  std::byte* base_;
  std::size_t room_;
};

}  // namespace quire::backing::detail
