// SPDX-License-Identifier: BSL-1.0
#pragma once
// The effect of MPU registers by the letter of the architecture, as the reference for plans.
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/access.hpp>
#include <quire/backing/detail/mpu/region_registers.hpp>

namespace quire::test {

/// The access of privileged code at an address; empty where no region decides and the default map applies.
using allowed_access = std::optional<access>;

/// PMSAv7: the highest-numbered region that covers the address, with its eighth enabled, decides.
inline allowed_access by_blocks(const backing::detail::mpu_list& regions, std::uint32_t address) {
  allowed_access found;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::uint32_t base = regions[i].base, rest = regions[i].rest;
    const std::uint64_t bytes = std::uint64_t{2} << (rest >> 1 & 31);
    const std::uint64_t offset = std::uint64_t{address} - base;
    if ((rest & 1) == 0 || address < base || offset >= bytes) continue;
    if ((rest >> (8 + offset * 8 / bytes) & 1) != 0) continue;
    switch (rest >> 24 & 7) {
      case 0: found = access::none; break;
      case 1:
      case 3: found = access::read_write; break;
      default: found = access::read;
    }
  }
  return found;
}
/// Returns whether the hardware accepts the regions: powers of two of at least 32 bytes, aligned to their size, with
/// disabled eighths only in regions of at least 256 bytes.
inline bool are_blocks(const backing::detail::mpu_list& regions) {
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const unsigned exponent = (regions[i].rest >> 1 & 31) + 1;
    if (exponent < 5 || regions[i].base % (std::uint64_t{1} << exponent) != 0) return false;
    if (exponent < 8 && (regions[i].rest >> 8 & 0xff) != 0) return false;
  }
  return true;
}

/// PMSAv8: an address in two regions faults.
inline allowed_access by_ranges(const backing::detail::mpu_list& regions, std::uint32_t address) {
  allowed_access found;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::uint32_t first = regions[i].base & ~31U, last = regions[i].rest | 31U;
    if ((regions[i].rest & 1) == 0 || address < first || address > last) continue;
    const access its = (regions[i].base >> 1 & 3) == 2 ? access::read : access::read_write;
    found = found ? access::none : its;
  }
  return found;
}

}  // namespace quire::test
