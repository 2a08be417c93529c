// SPDX-License-Identifier: BSL-1.0
#pragma once
// Helpers that the conformance cases share.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/error.hpp>
#include <quire/limits.hpp>
#include <quire/result.hpp>
#include <quire/tags.hpp>
#include <quire/units.hpp>

#include "environment.hpp"

namespace quire::test {

#ifndef QUIRE_TEST_CHUNK
#define QUIRE_TEST_CHUNK 65536
#endif
/// The unit of size in the cases: a WebAssembly page, whatever the unit of the typedef; less where memory is small.
inline constexpr std::size_t chunk = QUIRE_TEST_CHUNK;

template <class A>
constexpr typename A::pages pages_of(std::size_t bytes) noexcept {
  return typename A::pages{(bytes + A::pages::unit - 1) / A::pages::unit};
}
template <class A>
constexpr typename A::pages chunks(std::size_t n) noexcept {
  return pages_of<A>(n * chunk);
}
/// Page counts whose size in bytes overflows, including counts whose product wraps around to a small number.
template <class A>
inline constexpr std::uint64_t overflowing_page_counts[] = {UINT64_MAX, UINT64_MAX / 2 + 1,
                                                            max_bytes / A::pages::unit + 1,
                                                            UINT64_MAX / A::pages::unit + (A::pages::unit > 1 ? 1 : 0)};

template <class A>
std::size_t accessible_end(const A& a) noexcept {
  return align_up(a.size(), a.commit_granule());
}
/// A granule that protect, discard and commit all accept.
template <class A>
std::size_t granule_of(const A& a) noexcept {
  return std::max({chunk, a.granularity(), a.commit_granule()});
}
template <class A>
inline constexpr bool faults = A::contract.fault != fault::none;
/// Whether released addresses become inaccessible. The addresses of a buffer belong to the program again instead.
template <class A>
inline constexpr bool is_gone_when_released = faults<A> && A::contract.releasable;
template <class A>
inline constexpr bool can_protect = requires(A& a) { a.protect(0, 0, access::read); };
template <class A>
inline constexpr bool can_discard = requires(A& a) { a.discard(0, 0); };

/// The address as the kernel takes it: data() without its tag.
template <class A>
std::byte* address_of(const A& a) noexcept {
  return without_tag_in(a.data());
}
/// Whether hardware checks the tag of the memory. If so, discard clears in place, which requires writable pages.
template <class A>
bool is_tagged(const A& a) noexcept {
  return tag_in(a.data()) != 0;
}

/// Whether `r` failed with `code` before any system call: an argument error has no native code.
template <class T>
constexpr bool is_refused(const result<T>& r, errc code) noexcept {
  return !r.has_value() && r.error().code == code && r.error().native == 0;
}

inline void fill(std::span<std::byte> bytes, unsigned char value) noexcept {
  if (!bytes.empty()) std::memset(bytes.data(), value, bytes.size());
}
/// Whether every byte is `value`. Comparing the range with itself, shifted by one byte, is the fast way.
inline bool holds(std::span<const std::byte> bytes, unsigned char value) noexcept {
  return bytes.empty() ||
         (bytes[0] == std::byte{value} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}
inline bool all_zero(std::span<const std::byte> bytes) noexcept { return holds(bytes, 0); }

inline void read_from(const std::byte* p) noexcept { (void)*static_cast<const volatile std::byte*>(p); }
inline void write_to(std::byte* p, unsigned char value = 0x5a) noexcept {
  *static_cast<volatile std::byte*>(p) = std::byte{value};
}

/// Writes to bytes that do not fault, although they are not the memory's: AddressSanitizer would report it.
[[gnu::no_sanitize_address]] inline void fill_behind(std::byte* from, std::size_t bytes, unsigned char value) noexcept {
  for (std::size_t i = 0; i != bytes; ++i) static_cast<volatile std::byte*>(from)[i] = std::byte{value};
}

template <environment S>
void expect_read_fault(const std::byte* p, fault kind) {
  S::expect_fault(std::span{p, 1}, touch::read, kind, [p] { read_from(p); });
}
template <environment S>
void expect_write_fault(std::byte* p, fault kind) {
  S::expect_fault(std::span<const std::byte>{p, 1}, touch::write, kind, [p] { write_to(p); });
}
template <environment S>
void expect_inaccessible(std::byte* p, fault kind) {
  expect_read_fault<S>(p, kind);
  expect_write_fault<S>(p, kind);
}
/// Expects a fault only if the typedef promises faults.
template <environment S, class A>
void expect_inaccessible_in(const A& a, std::size_t offset) {
  if constexpr (faults<A>) expect_inaccessible<S>(a.data() + offset, A::contract.fault);
}

/// Returns an allocator that owns `initial` bytes of at most `maximum`.
template <environment S, config M>
typename M::allocator allocated(std::size_t initial, std::size_t maximum) {
  using A = typename M::allocator;
  A a = M::make();
  S::check(a.allocate(pages_of<A>(initial), pages_of<A>(maximum)).has_value(), "allocate succeeds");
  return a;
}

}  // namespace quire::test
