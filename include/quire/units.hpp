// SPDX-License-Identifier: BSL-1.0
#pragma once
// Page counts, byte literals, and arithmetic on them that cannot overflow silently.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace quire {

/// A number of pages of `Bytes` bytes each. Units of different size are different types and do not convert.
template <std::size_t Bytes>
struct basic_pages {
  static_assert(Bytes != 0, "quire: a page has at least one byte");
  /// Bytes of one page.
  static constexpr std::size_t unit = Bytes;

  std::uint64_t n = 0;

  constexpr basic_pages() noexcept = default;
  /// So many pages. Explicit, because a plain number could be bytes.
  constexpr explicit basic_pages(std::uint64_t count) noexcept : n(count) {}

  friend constexpr auto operator<=>(const basic_pages&, const basic_pages&) = default;
};

/// WebAssembly pages: 64 KiB, the unit of every typedef that does not choose another.
using pages = basic_pages<65536>;

namespace detail {
/// A static_cast that is omitted if both types are the same, as on some targets, where -Wuseless-cast would warn.
template <class To, class From>
[[nodiscard]] constexpr To integer_cast(From n) noexcept {
  if constexpr (std::is_same_v<To, From>)
    return n;
  else
    return static_cast<To>(n);
}
}  // namespace detail

/// The largest number of bytes that Quire counts, so that pointers into one memory can be subtracted.
inline constexpr std::size_t max_bytes = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());

/// Stores the bytes of `count` pages; returns false if they are more than `max_bytes`.
template <std::size_t Bytes>
[[nodiscard]] constexpr bool to_bytes(basic_pages<Bytes> count, std::size_t& bytes) noexcept {
  if (count.n > max_bytes / Bytes) return false;
  bytes = static_cast<std::size_t>(count.n) * Bytes;
  return true;
}

/// `granule` is a power of two, here and below.
[[nodiscard]] constexpr std::size_t align_down(std::size_t n, std::size_t granule) noexcept {
  return n & ~(granule - 1);
}

/// Precondition: n + granule does not overflow. Layouts stay below `max_bytes`, so it does not.
[[nodiscard]] constexpr std::size_t align_up(std::size_t n, std::size_t granule) noexcept {
  return align_down(n + (granule - 1), granule);
}

/// Whether a number is a multiple of the granule.
[[nodiscard]] constexpr bool is_aligned(std::size_t n, std::size_t granule) noexcept {
  return (n & (granule - 1)) == 0;
}

namespace detail {
void a_literal_beyond_the_address_space();  // never defined, so a call to it does not compile

consteval std::size_t literal(unsigned long long n, unsigned shift) {
  if (n > (SIZE_MAX >> shift)) a_literal_beyond_the_address_space();
  return static_cast<std::size_t>(n << shift);
}
}  // namespace detail

inline namespace literals {
/// `64_KiB` is 65536 bytes; a product that does not fit into std::size_t does not compile.
consteval std::size_t operator""_KiB(unsigned long long n) { return detail::literal(n, 10); }
/// As `_KiB`, in units of 1048576 bytes.
consteval std::size_t operator""_MiB(unsigned long long n) { return detail::literal(n, 20); }
/// As `_KiB`, in units of 1073741824 bytes.
consteval std::size_t operator""_GiB(unsigned long long n) { return detail::literal(n, 30); }
}  // namespace literals

}  // namespace quire
