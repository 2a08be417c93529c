// SPDX-License-Identifier: BSL-1.0
#pragma once
// Pointers that carry the tag of the memory they were made for.
#include <compare>
#include <cstddef>
#include <iterator>  // and std::pointer_traits: <memory> would bring streams
#include <span>
#include <type_traits>

#include <quire/tags.hpp>

namespace quire {

namespace detail {

/// The tag is in the pointer's own bits and is checked by the processor.
template <class T, const tag_registry* Registry>
struct tagged_address {
  T* raw = nullptr;

  constexpr tagged_address() noexcept = default;
  constexpr explicit tagged_address(T* tagged) noexcept : raw(tagged) {}
  constexpr tagged_address(T* p, unsigned tag) noexcept : raw(with_tag_in(p, tag)) {}

  [[nodiscard]] constexpr unsigned tag() const noexcept { return tag_in(raw); }
  [[nodiscard]] constexpr T* untagged() const noexcept { return without_tag_in(raw); }
  template <class U>
  [[nodiscard]] constexpr tagged_address<U, Registry> at(U* elsewhere) const noexcept {
    return tagged_address<U, Registry>(elsewhere);
  }
  static constexpr void check(T*) noexcept {}

  friend constexpr auto operator<=>(const tagged_address&, const tagged_address&) noexcept = default;
};

/// The tag is stored beside an ordinary pointer and is checked by a registry.
template <class T, const tag_registry* Registry>
  requires(is_registry<Registry>)
struct tagged_address<T, Registry> {
  T* raw = nullptr;
  unsigned kept = 0;

  constexpr tagged_address() noexcept = default;
  constexpr tagged_address(T* p, unsigned tag) noexcept : raw(p), kept(tag % tag_count) {}

  [[nodiscard]] constexpr unsigned tag() const noexcept { return kept; }
  [[nodiscard]] constexpr T* untagged() const noexcept { return raw; }
  template <class U>
  [[nodiscard]] constexpr tagged_address<U, Registry> at(U* elsewhere) const noexcept {
    return {elsewhere, kept};
  }
  void check(T* p) const noexcept { Registry->check(p, sizeof(T), kept); }

  friend constexpr auto operator<=>(const tagged_address&, const tagged_address&) noexcept = default;
};

}  // namespace detail

/// A pointer with a tag, and a contiguous iterator. Without a registry it is a `T*` whose bits 56 to 59 are the tag,
/// and each operation is that of the raw pointer. With a registry the tag is stored beside the pointer, and `*`, `->`
/// and `[]` first check it with the registry, which ends the process if the memory there has another tag. Accesses
/// through `get()`, std::to_address, or a span or algorithm that takes the raw pointer from there are not checked.
///
/// Pointers are equal if both address and tag are equal. Order and difference are meaningful only between pointers into
/// one memory with one tag, as between raw pointers into one array.
template <class T, const tag_registry* Registry>
class tagged_ptr {
 public:
  using value_type = std::remove_cv_t<T>;
  using difference_type = std::ptrdiff_t;
  using pointer = T*;
  using reference = T&;
  using iterator_category = std::random_access_iterator_tag;
  using iterator_concept = std::contiguous_iterator_tag;

  /// Null, with tag 0.
  constexpr tagged_ptr() noexcept = default;
  /// Takes the tag from the bits of `p`.
  constexpr explicit tagged_ptr(T* p) noexcept
    requires(!is_registry<Registry>)
      : at_(p) {}
  /// Only the low four bits of `tag` count, here and below.
  constexpr tagged_ptr(T* p, unsigned tag) noexcept : at_(p, tag) {}
  /// Converts to a pointer to a more qualified type.
  template <class U>
    requires(!std::is_same_v<U, T> && std::is_convertible_v<U (*)[], T (*)[]>)
  constexpr tagged_ptr(const tagged_ptr<U, Registry>& other) noexcept
      : at_(other.at_.at(static_cast<T*>(other.get()))) {}

  /// The raw pointer: with its tag if its bits carry it, otherwise ordinary and no longer checked.
  [[nodiscard]] constexpr T* get() const noexcept { return at_.raw; }
  /// The address with the tag 0 in its upper bits.
  [[nodiscard]] constexpr T* untagged() const noexcept { return at_.untagged(); }
  /// The tag that accesses are checked with.
  [[nodiscard]] constexpr unsigned tag() const noexcept { return at_.tag(); }
  /// The same address with another tag.
  [[nodiscard]] constexpr tagged_ptr with_tag(unsigned tag) const noexcept { return {at_.raw, tag}; }
  /// The same address and tag with another pointee type, as by reinterpret_cast.
  template <class U>
  [[nodiscard]] tagged_ptr<U, Registry> cast_to() const noexcept {
    return tagged_ptr<U, Registry>(at_.at(reinterpret_cast<U*>(at_.raw)));
  }

  constexpr T& operator*() const noexcept { return *checked(at_.raw); }
  constexpr T* operator->() const noexcept { return checked(at_.raw); }
  constexpr T& operator[](std::ptrdiff_t n) const noexcept { return *checked(at_.raw + n); }

  constexpr tagged_ptr& operator+=(std::ptrdiff_t n) noexcept {
    at_.raw += n;
    return *this;
  }
  constexpr tagged_ptr& operator-=(std::ptrdiff_t n) noexcept { return *this += -n; }
  constexpr tagged_ptr& operator++() noexcept { return *this += 1; }
  constexpr tagged_ptr& operator--() noexcept { return *this -= 1; }
  constexpr tagged_ptr operator++(int) noexcept {
    const tagged_ptr before = *this;
    ++*this;
    return before;
  }
  constexpr tagged_ptr operator--(int) noexcept {
    const tagged_ptr before = *this;
    --*this;
    return before;
  }
  friend constexpr tagged_ptr operator+(tagged_ptr p, std::ptrdiff_t n) noexcept { return p += n; }
  friend constexpr tagged_ptr operator+(std::ptrdiff_t n, tagged_ptr p) noexcept { return p += n; }
  friend constexpr tagged_ptr operator-(tagged_ptr p, std::ptrdiff_t n) noexcept { return p -= n; }
  friend constexpr std::ptrdiff_t operator-(const tagged_ptr& a, const tagged_ptr& b) noexcept {
    return a.at_.raw - b.at_.raw;
  }
  friend constexpr auto operator<=>(const tagged_ptr&, const tagged_ptr&) noexcept = default;

 private:
  template <class, const tag_registry*>
  friend class tagged_ptr;

  constexpr explicit tagged_ptr(detail::tagged_address<T, Registry> at) noexcept : at_(at) {}
  constexpr T* checked(T* p) const noexcept {
    at_.check(p);
    return p;
  }

  detail::tagged_address<T, Registry> at_;
};

/// A memory with its tag: `bytes` is the result of the allocator's bytes(), and `begin` carries the tag.
template <const tag_registry* Registry>
struct basic_tagged_span {
  std::span<std::byte> bytes;
  tagged_ptr<std::byte, Registry> begin;
};
/// A memory whose tags the hardware checks.
using tagged_span = basic_tagged_span<nullptr>;

}  // namespace quire

/// std::to_address must not check, because it is applied to past-the-end pointers.
template <class T, const quire::tag_registry* Registry>
struct std::pointer_traits<quire::tagged_ptr<T, Registry>> {
  using pointer = quire::tagged_ptr<T, Registry>;
  using element_type = T;
  using difference_type = std::ptrdiff_t;
  template <class U>
  using rebind = quire::tagged_ptr<U, Registry>;

  static constexpr T* to_address(const pointer& p) noexcept { return p.get(); }
};
