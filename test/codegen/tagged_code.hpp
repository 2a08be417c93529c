// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes the code that is searched for tagging instructions visible to the checker, by its names.
#include <cstddef>
#include <optional>
#include <span>

#include <quire/access.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

/// `template struct operations<untagged::P>;` or `…<tagged::P>;` puts them into the object. P names the allocator.
template <class P, class A = typename P::allocator>
struct operations {
  using pages = quire::pages;

  static quire::result<std::span<std::byte>> allocate(A& a, pages initial, std::optional<pages> maximum) {
    return a.allocate(initial, maximum);
  }
  static quire::result<pages> grow(A& a, pages current, pages additional) { return a.grow(current, additional); }
  static quire::result<pages> shrink(A& a, pages current, pages removed) { return a.shrink(current, removed); }
  static quire::result<void> reset(A& a, pages initial) { return a.reset(initial); }
  static quire::result<void> discard(A& a, std::size_t offset, std::size_t bytes) {
    if constexpr (requires { a.discard(offset, bytes); }) return a.discard(offset, bytes);
    return {};
  }
  static quire::result<void> protect(A& a, std::size_t offset, std::size_t bytes, quire::access wanted) {
    return a.protect(offset, bytes, wanted);
  }
  static quire::result<void> deallocate(A& a, std::byte* base, std::size_t size) { return a.deallocate(base, size); }
  static quire::zone zone_of(const A& a, const void* p) { return a.zone_of(p); }
  static bool contains(const A& a, const void* p) { return a.contains(p); }
};

template <class A>
struct of {
  using allocator = A;
};
