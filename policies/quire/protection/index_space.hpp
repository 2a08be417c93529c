// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>

#include <quire/policy.hpp>

namespace quire::protection {

/// Reserves everything that an index of `IndexBits`, plus a constant offset of `OffsetBits`, plus an access of `Widest`
/// bytes can reach, so that generated code needs no bounds checks. (The largest index and offset and a 16-byte load end
/// 14 bytes beyond 2^IndexBits + 2^OffsetBits.) A maximum above 2^IndexBits is `limit_exceeded`. Costs address space (8
/// GiB by default) but no call.
template <unsigned IndexBits = 32, unsigned OffsetBits = 32, std::uint64_t Widest = 64>
struct index_space {
  static_assert(IndexBits < 62 && OffsetBits < 62 && Widest < (std::uint64_t{1} << 32),
                "quire: the indices and offsets of an index space have fewer than 62 bits");
  using axis = axes::protection;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry& g) noexcept {
    g.reach = std::max(g.reach, (std::uint64_t{1} << IndexBits) + (std::uint64_t{1} << OffsetBits) + Widest);
    g.index_span = std::min(g.index_span, std::uint64_t{1} << IndexBits);
  }
};

}  // namespace quire::protection
