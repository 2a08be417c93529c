// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of a processor with a given number of regions, for cases that are only compiled.
#include <cstddef>
#include <cstdint>

template <std::size_t Regions>
struct fake_mpu {
  static constexpr bool has_ranges = false;
  static constexpr std::size_t fixed_regions = Regions;
  static std::size_t regions() noexcept { return Regions; }
  static void read_region(std::size_t, std::uint32_t&, std::uint32_t&) noexcept {}
  static void write_region(std::size_t, std::uint32_t, std::uint32_t) noexcept {}
  static bool has_default_map() noexcept { return true; }
  static unsigned switch_off() noexcept { return 0; }
  static void switch_on(unsigned) noexcept {}
  static std::uint32_t address(const void*) noexcept { return 0; }
};
