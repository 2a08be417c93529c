// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include <quire/policy.hpp>

namespace quire::placement {

/// At addresses near one: every byte lies at most `reach` bytes before `target`, or less than that behind it (Linux:
/// /proc/self/maps is read and a gap taken with MAP_FIXED_NOREPLACE, once per reservation; what is mapped stays).
/// Without a gap that is near enough, `out_of_address_space`; quire::explain then tells how far away the nearest one
/// is. (`near` itself is a macro of <windows.h>.)
///
/// Processors call and refer to addresses in one instruction over at most 2 GiB on x86-64, 128 MiB (calls) and 4 GiB
/// (data) on arm64, and 2 GiB on RISC-V. Two memories near one target are up to twice the reach apart.
struct near_to {
  using axis = axes::placement;
  const void* target = nullptr;                  // null: addresses from 0 on
  std::uint64_t reach = std::uint64_t{2} << 30;  // bytes
  constexpr void request(attributes& a) const noexcept { a.addresses = {target, reach, true}; }
};

/// For addresses that are kept in 32 bits.
inline constexpr near_to below_4_gib{nullptr, std::uint64_t{4} << 30};

}  // namespace quire::placement
