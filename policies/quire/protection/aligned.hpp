// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::protection {

/// The base is a multiple of `Bytes`: what finds its own structures by clearing the lower bits of an address needs
/// that, as mimalloc (32 MiB) and V8 (256 KiB) do. With guards, all_of<aligned<Bytes>, guarded<>>, the guard before the
/// base takes `Bytes` of address space. Where the system has no suitable address at once, a larger range is reserved
/// for a moment, in up to six calls more.
template <std::size_t Bytes>
struct aligned {
  static_assert(std::has_single_bit(Bytes), "quire: an alignment is a power of two");
  using axis = axes::protection;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry& g) noexcept { g.want_alignment(Bytes); }
};

}  // namespace quire::protection
