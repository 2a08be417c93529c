#pragma once
#include <bit>
#include <cstddef>

#include <quire/first_of.hpp>
#include <quire/page_size/native.hpp>
#include <quire/policy.hpp>
#include <quire/units.hpp>

namespace quire::page_size {

/// Pages of `Bytes` in the interface (`A::pages`, `A::limits`), where WebAssembly has 64 KiB: for small parts, and for
/// the custom-page-sizes proposal, which has 1 and 65536. What the memory is made of is still `S`'s matter: a unit
/// below what the store commits in makes the bound inexact (`contract.exact_bound`), and growth clears what it hands
/// out.
template <std::size_t Bytes, page_size_policy S = native>
struct in_units_of : S {
  static_assert(std::has_single_bit(Bytes), "quire: a page unit is a power of two");
  static_assert(detail::alternatives_in<S> == 1, "quire: first_of goes around in_units_of, not into it");
  static constexpr std::size_t unit = Bytes;
};

}  // namespace quire::page_size
