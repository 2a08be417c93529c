// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>

#include <quire/page_size/native.hpp>
#include <quire/policy.hpp>

namespace quire::page_size {

/// Pages of `Bytes` in the interface (`A::pages`, `A::limits`) instead of WebAssembly's 64 KiB: for small parts, and
/// for the custom-page-sizes proposal, which has 1 and 65536. The pages of the system are still those of `S`: a unit
/// below the store's commit granule makes the bound inexact (`contract.exact_bound`), and growth clears the bytes that
/// it hands out.
template <std::size_t Bytes, page_size_policy S = native>
struct in_units_of : S {
  static_assert(std::has_single_bit(Bytes), "quire: a page unit is a power of two");
  static constexpr std::size_t unit = Bytes;
};

}  // namespace quire::page_size
