// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that lies twice in a row: what a store must provide for quire::mirrored.
#include <concepts>
#include <cstddef>

#include <quire/store.hpp>

namespace quire {

/// One reservation: [before][half][the same half again][after]. The store may have to make it of several parts, from
/// the first one on; `parts` says how many there are, and `views` in how many of them the memory is mapped.
struct mirror_place {
  std::byte* base = nullptr;
  std::size_t before = 0, half = 0, after = 0;  // bytes
  unsigned char parts = 0, views = 0;

  [[nodiscard]] constexpr std::byte* begin() const noexcept { return base + before; }
  /// Bytes of address space.
  [[nodiscard]] constexpr std::size_t total() const noexcept { return before + 2 * half + after; }
  /// The memory at its first place.
  [[nodiscard]] constexpr page_run first() const noexcept { return {begin(), half}; }
  /// The memory at both places.
  [[nodiscard]] constexpr page_run both() const noexcept { return {begin(), 2 * half}; }
};

/// Sizes are multiples of `mirror_granule()`.
///
/// | operation | meaning |
/// |---|---|
/// | `mirror_granule()` | at least the page |
/// | `mirrors(requests)` | whether mirrored memory can have what the policies request; a constant |
/// | `reserve_mirror(place, alignment, requests)` | reserves the sizes of `place`, the beginning of the memory at this alignment, which divides `before` |
/// | `map_mirror(place, requests)` | makes both halves readable and writable, and the same memory, which reads as zero. They are not configured, but have the requested name, and their pages come from the requested pool. Child processes have neither. After a failure only release_mirror is left |
/// | `release_mirror(place, requests)` | releases all parts; if it fails, the rest is left in `place`, and can be released later |
template <class S>
concept mirroring_store = backing_store<S> && requires(S& s, const S& c, mirror_place& place, const attributes& a) {
  { c.mirror_granule() } noexcept -> std::same_as<std::size_t>;
  { S::mirrors(a) } noexcept -> std::same_as<bool>;
  { s.reserve_mirror(place, std::size_t{}, a) } noexcept -> std::same_as<int>;
  { s.map_mirror(place, a) } noexcept -> std::same_as<int>;
  { s.release_mirror(place, a) } noexcept -> std::same_as<int>;
};

}  // namespace quire
