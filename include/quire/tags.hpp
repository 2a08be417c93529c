#pragma once
// Tags of memory: four bits for each 16 bytes of it, and the same four in a pointer to them. Where both differ, an
// access is an error: found by hardware (Arm's Memory Tagging Extension), or by a keeper of the library's own.
#include <bit>
#include <cstddef>
#include <cstdint>

namespace quire {

/// Least check that accesses through wrongly tagged pointers have to undergo. `synchronous` traps at the access and
/// tells the address; `asynchronous` is reported at some later entry to the system, without one; `asymmetric` is
/// synchronous for reads and asynchronous for writes; `preferred` is what the system prefers on each processor.
enum class tag_checks : unsigned char { none, preferred, asynchronous, asymmetric, synchronous };

/// Tags that stand in software, for machines without hardware that checks them. Of one kind for the whole process.
struct tag_registry {
  /// Notes the tag of memory; false where there is no room for the note.
  bool (*assign)(const std::byte* base, std::size_t bytes, unsigned tag) noexcept;
  void (*erase)(const std::byte* base, std::size_t bytes) noexcept;
  /// One of the tags whose bits are set in `choices`, which is not 0.
  unsigned (*pick)(std::uint16_t choices) noexcept;
  /// The tag of the memory at `p`, or `no_tag`.
  unsigned (*tag_at)(const void* p) noexcept;
  /// Ends the process, with a message, unless all these bytes carry the tag.
  void (*check)(const void* p, std::size_t bytes, unsigned tag) noexcept;
};

/// Whether a template argument names a keeper, and whether two name the same: told by type, as not every compiler
/// compares addresses in constant expressions (quire/optional_pointer.hpp).
template <const tag_registry* Keeper>
inline constexpr bool is_registry = true;
template <>
inline constexpr bool is_registry<nullptr> = false;
template <const tag_registry* One, const tag_registry* Other>
inline constexpr bool is_same_registry = false;
template <const tag_registry* Keeper>
inline constexpr bool is_same_registry<Keeper, Keeper> = true;

inline constexpr unsigned tag_count = 16, no_tag = tag_count;
inline constexpr std::size_t tag_granule = 16;  // bytes

/// Arm's place for the tag in a pointer: bits 56 to 59, which address translation ignores. Narrower pointers have no
/// place for a tag: there it is always 0.
inline constexpr unsigned tag_shift = 56;

template <class T>
[[nodiscard]] constexpr unsigned tag_in(T* p) noexcept {
  if constexpr (sizeof p < sizeof(std::uint64_t))
    return 0;
  else
    return static_cast<unsigned>(std::bit_cast<std::uint64_t>(p) >> tag_shift) % tag_count;
}
/// Of `tag` the low four bits count.
template <class T>
[[nodiscard]] constexpr T* with_tag_in(T* p, [[maybe_unused]] unsigned tag) noexcept {
  if constexpr (sizeof p < sizeof(std::uint64_t)) {
    return p;
  } else {
    constexpr std::uint64_t field = std::uint64_t{tag_count - 1} << tag_shift;
    return std::bit_cast<T*>((std::bit_cast<std::uint64_t>(p) & ~field) | ((std::uint64_t{tag} << tag_shift) & field));
  }
}
template <class T>
[[nodiscard]] constexpr T* without_tag_in(T* p) noexcept {
  return with_tag_in(p, 0);
}

}  // namespace quire
