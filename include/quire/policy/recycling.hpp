// SPDX-License-Identifier: BSL-1.0
#pragma once
// The interface of recycling policies, which decide how the pages that one user of a memory has left become as new for
// the next. A policy is an empty type with one function. It calls nothing but the functions below.
//
// | member | meaning |
// |---|---|
// | `static recycled recycle(const auto& pages)` | cleans the pages of a slot, or gives them back; noexcept |
// | `scans` | true: it calls `each_written`. This and the following may be absent |
// | `waiting` | how many memories may wait to be cleaned |
// | `batched` | true: memories that wait are given back several at a time |
// | `leaves_contents` | true: the next user may see what the last one wrote |
// | `state` | what it remembers of each slot: a type that is all zero at first |
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <quire/store.hpp>

namespace quire {

/// What became of the pages: `native` is 0, and every byte is as new; or the code of the call that failed, and contents
/// are unknown. `resident` is an upper bound of the bytes that stay in memory, those included that were there before.
struct recycled {
  int native = 0;
  std::size_t resident = 0;
};

namespace detail {

/// A policy's `state`, or nothing.
template <class R>
struct state_of {
  struct type {};
};
template <class R>
  requires requires { typename R::state; }
struct state_of<R> : std::type_identity<typename R::state> {};
/// Stands for the state of any policy.
struct any_state {
  template <class State>
  operator State&() const noexcept;
};

/// What a policy sees of the pages; offsets are in bytes from the base, and all these pages are readable and writable.
struct used_pages_archetype {
  /// The accessible bytes.
  [[nodiscard]] std::size_t accessible() const noexcept;
  /// An upper bound of the written bytes: what the user has reported, or all.
  [[nodiscard]] std::size_t written() const noexcept;
  /// Bytes that may stay in memory.
  [[nodiscard]] std::size_t keepable() const noexcept;
  /// An upper bound of the bytes that were in memory when the user came.
  [[nodiscard]] std::size_t resident() const noexcept;
  /// Makes these bytes as new by writing: zero, or the image's.
  void restore(std::size_t from, std::size_t to) const noexcept;
  /// Whether all these bytes are as new.
  [[nodiscard]] bool is_as_new(std::size_t from, std::size_t to) const noexcept;
  /// Makes pages as new by giving their memory back; returns 0 or the native code. `from` is a multiple of the page, as
  /// `keepable()` is.
  [[nodiscard]] int give_back(std::size_t from, std::size_t to) const noexcept;
  /// Calls f(from, to) for each run of accessible pages that may not be as new, until f returns false.
  /// Returns whether all runs were visited; false also if this machine cannot tell which pages were written.
  template <class F>
  [[nodiscard]] bool each_written(F f) const noexcept;
  /// What the policy remembers of this slot, if it declares a type `state`: all zero at first.
  [[nodiscard]] any_state& state() const noexcept;
};

}  // namespace detail

/// An empty value with `recycle(pages)`, which leaves the pages of a slot as new, or gives them back.
/// `quire/recycling/` has those of the library.
template <class R>
concept recycling_policy = std::is_empty_v<R> && plain_value<R> && requires(const detail::used_pages_archetype& pages) {
  { R::recycle(pages) } noexcept -> std::same_as<recycled>;
};

namespace detail {

template <class R>
inline constexpr bool scans = requires { requires R::scans; };

/// How many memories that came back may wait to be cleaned: with `static constexpr std::uint32_t waiting`, a pool
/// cleans them when they have become so many, when no other slot is left, and when the program says so.
template <class R>
inline constexpr std::uint32_t may_wait = 0;
template <class R>
  requires requires { R::waiting; }
inline constexpr std::uint32_t may_wait<R> = R::waiting;

/// With `static constexpr bool batched = true`: memories that wait are given back several at a time, by one call.
template <class R>
inline constexpr bool is_batched = requires { R::batched; };

/// Whether the next user may see what the last one wrote.
template <class R>
inline constexpr bool leaves_contents = requires { requires R::leaves_contents; };

}  // namespace detail
}  // namespace quire
