// SPDX-License-Identifier: BSL-1.0
#pragma once
// The operations whose calls are made to fail: their starting state, what they do, and the state that a failure may
// leave.
#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "conformance/common.hpp"

namespace quire::test {

enum class on_failure : unsigned char {
  unchanged,         // the object stays as it was, or is broken if the undo fails as well
  as_it_was,         // the object stays as it was in any case
  contents_at_risk,  // the object stays as it was, or is broken if contents are lost: then only deallocate is left
  nothing_to_tell,   // the operation reports no error, and still gives back all that it can
};

template <class A>
struct operation {
  const char* name;
  bool starts_vacant;
  result<void> (*run)(A&);
  on_failure then;
  /// The bytes that must read as zero after success.
  std::span<std::byte> (*cleared)(A&) = [](A&) { return std::span<std::byte>{}; };
};

template <class T>
result<void> without_value(const result<T>& r) noexcept {
  if (!r) return std::unexpected(r.error());
  return {};
}

/// Two granules of four are in use at the start, filled with `old_byte`, so that every operation has contents to lose.
inline constexpr unsigned char old_byte = 0x5c;

template <class A>
inline constexpr std::size_t least_granule = 65536;
template <class A>
  requires requires { A::page_size_type::collapses_to; }
inline constexpr std::size_t least_granule<A> = A::page_size_type::collapses_to;

template <class A>
std::size_t test_granule(const A& a) noexcept {
  return std::max(granule_of(a), least_granule<A>);
}
template <class A>
result<void> start(A& a) noexcept {
  const std::size_t g = test_granule(a);
  const auto got = a.allocate(pages_of<A>(2 * g), pages_of<A>(4 * g));
  if (got) fill(*got, old_byte);
  return without_value(got);
}

template <class A>
inline constexpr operation<A> operations[] = {
    {"allocate", true,
     [](A& a) {
       const std::size_t g = test_granule(a);
       return without_value(a.allocate(pages_of<A>(2 * g), pages_of<A>(4 * g)));
     },
     on_failure::unchanged},
    {"grow", false, [](A& a) { return without_value(a.grow(pages_of<A>(test_granule(a)))); }, on_failure::unchanged},
    {"grow within a granule", false, [](A& a) { return without_value(a.grow(typename A::pages{1})); },
     on_failure::unchanged},
    {"shrink", false, [](A& a) { return without_value(a.shrink(pages_of<A>(test_granule(a)))); },
     on_failure::contents_at_risk},
    {"reset to more", false, [](A& a) { return a.reset(pages_of<A>(3 * test_granule(a))); },
     on_failure::contents_at_risk, [](A& a) { return a.bytes(); }},
    {"reset to less", false, [](A& a) { return a.reset(pages_of<A>(test_granule(a))); }, on_failure::contents_at_risk,
     [](A& a) { return a.bytes(); }},
    {"discard", false,
     [](A& a) -> result<void> {
       if constexpr (can_discard<A>) return a.discard(test_granule(a), test_granule(a));
       return {};
     },
     on_failure::contents_at_risk,
     [](A& a) { return can_discard<A> ? a.bytes().subspan(test_granule(a), test_granule(a)) : a.bytes().first(0); }},
    {"protect", false,
     [](A& a) -> result<void> {
       if constexpr (can_protect<A>) return a.protect(0, 2 * test_granule(a), access::read);
       return {};
     },
     on_failure::as_it_was},
    {"collapse", false,
     [](A& a) -> result<void> {
       if constexpr (requires { a.collapse(0, 0); }) return a.collapse(0, 2 * test_granule(a));
       return {};
     },
     on_failure::as_it_was},
    {"deallocate", false, [](A& a) { return a.deallocate(a.data(), a.size()); }, on_failure::as_it_was},
    {"move assignment", false,
     [](A& a) -> result<void> {
       A owner = std::move(a);
       owner = std::move(a);  // `a` is vacant afterwards
       return {};
     },
     on_failure::nothing_to_tell},
    {"destruction", false,
     [](A& a) -> result<void> {
       A dies = std::move(a);
       return {};
     },
     on_failure::nothing_to_tell},
};

}  // namespace quire::test
