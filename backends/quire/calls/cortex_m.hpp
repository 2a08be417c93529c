// SPDX-License-Identifier: BSL-1.0
#pragma once
// The registers of a Cortex-M's memory protection unit and of its memory management fault; no other header knows their
// addresses. For privileged code.
//
// Addresses and fields: Arm, "ARMv7-M Architecture Reference Manual" (DDI 0403), B3.2 and B3.5, and "Armv8-M
// Architecture Reference Manual" (DDI 0553). From ARMv8-M on, each security state sees its own MPU at these addresses.
#include <cstddef>
#include <cstdint>

#include <quire/calls/fault/mem_manage.hpp>

namespace quire::calls {

struct cortex_m {
  /// Whether regions are ranges (PMSAv8), not powers of two (PMSAv7).
#if defined(__ARM_ARCH) && __ARM_ARCH >= 8
  static constexpr bool has_ranges = true;
#else
  static constexpr bool has_ranges = false;
#endif

  /// The number of regions of the part; 0 if it has no MPU.
  static std::size_t regions() noexcept { return (mpu(type) >> 8) & 0xff; }
  static void read_region(std::size_t i, std::uint32_t& base, std::uint32_t& rest) noexcept {
    mpu(number) = static_cast<std::uint32_t>(i);
    base = mpu(region_base);
    rest = mpu(region_rest);
  }
  /// Bit 4 of a PMSAv7 base would select another region; it is 0, as bases are multiples of 32.
  static void write_region(std::size_t i, std::uint32_t base, std::uint32_t rest) noexcept {
    mpu(number) = static_cast<std::uint32_t>(i);
    mpu(region_base) = base;
    mpu(region_rest) = rest;
  }
  /// Whether privileged code sees the default map outside of all regions.
  static bool has_default_map() noexcept { return (mpu(control) & enabled) == 0 || (mpu(control) & default_map) != 0; }
  /// Returns the argument of `switch_on`.
  static unsigned switch_off() noexcept {
    const std::uint32_t was = mpu(control);
    barrier();
    mpu(control) = was & ~enabled;
    barrier();
    return was;
  }
  /// Restores the previous state; if the MPU was off, it is on now, with the default map as background.
  static void switch_on(unsigned was) noexcept {
    if constexpr (has_ranges) mpu(attributes_4_to_7) = (mpu(attributes_4_to_7) & 0x00ffffff) | normal_memory << 24;
    barrier();
    mpu(control) = (was & enabled) != 0 ? was : was | enabled | default_map;
    barrier();
  }
  static std::uint32_t address(const void* p) noexcept {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(p));
  }

  /// Without it, an access that the MPU refuses is a HardFault, which reports less.
  static void enable_mem_manage() noexcept {
    at(0xe000ed24) = at(0xe000ed24) | std::uint32_t{1} << 16;  // SHCSR.MEMFAULTENA
    barrier();
  }
  /// For a handler of that fault: reads its registers and clears the status. `pc` is in the stack frame.
  static mem_manage take_mem_manage(std::uint32_t pc) noexcept {
    // The address is kept only until the status is cleared.
    const mem_manage told{.status = static_cast<std::uint8_t>(at(fault_status)), .address = at(0xe000ed34), .pc = pc};
    at(fault_status) = told.status;  // writing ones clears them
    return told;
  }

 private:
  static constexpr std::uintptr_t type = 0x0, control = 0x4, number = 0x8, region_base = 0xc, region_rest = 0x10;
  static constexpr std::uintptr_t attributes_4_to_7 = 0x34, fault_status = 0xe000ed28;
  static constexpr std::uint32_t enabled = 1, default_map = 4;
  static constexpr std::uint32_t normal_memory = 0xff;  // write-back, allocating: as the default map has it for SRAM

  static volatile std::uint32_t& at(std::uintptr_t address) noexcept {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
  }
  static volatile std::uint32_t& mpu(std::uintptr_t offset) noexcept { return at(0xe000ed90 + offset); }
  static void barrier() noexcept { asm volatile("dsb\n\tisb" ::: "memory"); }
};

/// A part whose number of regions the program knows, so that too few do not compile.
template <std::size_t Regions>
struct cortex_m_of : cortex_m {
  static constexpr std::size_t fixed_regions = Regions;
};

}  // namespace quire::calls
