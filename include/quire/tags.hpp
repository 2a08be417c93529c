// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory tags: four bits for each 16 bytes of memory, and the same four bits in a pointer to them. An access whose tags
// differ is an error, detected by hardware (Arm's Memory Tagging Extension) or by a registry of the library.
#include <bit>
#include <cstddef>
#include <cstdint>

namespace quire {

/// The minimum check of accesses through wrongly tagged pointers. `synchronous` traps at the access and reports its
/// address; `asynchronous` is reported at a later entry to the system, without an address; `asymmetric` is synchronous
/// for reads and asynchronous for writes; `preferred` is the mode that the system prefers on each processor.
enum class tag_checks : unsigned char { none, preferred, asynchronous, asymmetric, synchronous };

/// Tags kept in software, for machines without hardware that checks them. A process has one registry of a kind.
struct tag_registry {
  /// Records the tag of a memory; returns false if there is no memory for the record.
  bool (*assign)(const std::byte* base, std::size_t bytes, unsigned tag) noexcept;
  /// Forgets the tag of a memory.
  void (*erase)(const std::byte* base, std::size_t bytes) noexcept;
  /// Returns one of the tags whose bits are set in `choices`, which is not 0.
  unsigned (*pick)(std::uint16_t choices) noexcept;
  /// Returns the tag of the memory at `p`, or `no_tag`.
  unsigned (*tag_at)(const void* p) noexcept;
  /// Ends the process, with a message, unless all these bytes carry the tag.
  void (*check)(const void* p, std::size_t bytes, unsigned tag) noexcept;
};

/// Whether a template argument names a registry. Decided by type, because not every compiler compares addresses in
/// constant expressions (quire/optional_pointer.hpp).
template <const tag_registry* Registry>
inline constexpr bool is_registry = true;
template <>
inline constexpr bool is_registry<nullptr> = false;

// Defined in quire/tagged_ptr.hpp, which the policies that tag include: its standard headers would take an untagged
// memory a third more time to compile.
template <class T, const tag_registry* Registry = nullptr>
class tagged_ptr;
template <const tag_registry* Registry>
struct basic_tagged_span;

/// There are tags from 0 to 15; `no_tag` is none of them.
inline constexpr unsigned tag_count = 16, no_tag = tag_count;
/// Each granule of memory has one tag.
inline constexpr std::size_t tag_granule = 16;  // bytes

/// The position of the tag in a pointer on Arm: bits 56 to 59, which address translation ignores. Narrower pointers
/// have no room for a tag: theirs is always 0.
inline constexpr unsigned tag_shift = 56;

/// The tag in the upper bits of a pointer.
template <class T>
[[nodiscard]] constexpr unsigned tag_in(T* p) noexcept {
  if constexpr (sizeof p < sizeof(std::uint64_t))
    return 0;
  else
    return static_cast<unsigned>(std::bit_cast<std::uint64_t>(p) >> tag_shift) % tag_count;
}
/// Only the low four bits of `tag` count.
template <class T>
[[nodiscard]] constexpr T* with_tag_in(T* p, [[maybe_unused]] unsigned tag) noexcept {
  if constexpr (sizeof p < sizeof(std::uint64_t)) {
    return p;
  } else {
    constexpr std::uint64_t field = std::uint64_t{tag_count - 1} << tag_shift;
    return std::bit_cast<T*>((std::bit_cast<std::uint64_t>(p) & ~field) | ((std::uint64_t{tag} << tag_shift) & field));
  }
}
/// The pointer with the tag 0, as addresses are computed and compared.
template <class T>
[[nodiscard]] constexpr T* without_tag_in(T* p) noexcept {
  return with_tag_in(p, 0);
}

}  // namespace quire
