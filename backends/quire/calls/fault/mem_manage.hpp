// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a Cortex-M's memory management fault reports. Reads only its argument.
#include <cstdint>

#include <quire/calls/fault/raised.hpp>

namespace quire::calls {

struct mem_manage {
  std::uint8_t status;    // MMFSR, the lowest byte of CFSR
  std::uint32_t address;  // MMFAR, of the data access, if the status says that it is valid
  std::uint32_t pc;       // of the instruction that faulted, from the stack frame
};

/// A fault while registers are saved on the stack, or restored from it, reports no address.
[[nodiscard]] inline raised_fault what_was_raised(const mem_manage& fault) noexcept {
  constexpr unsigned fetch = 1, data = 2, address_is_valid = 0x80;
  const auto pointer = [](std::uint32_t to) { return reinterpret_cast<const void*>(std::uintptr_t{to}); };
  if ((fault.status & data) != 0 && (fault.status & address_is_valid) != 0)
    return {.kind = fault_kind::refused, .address = pointer(fault.address)};
  if ((fault.status & fetch) != 0) return {.kind = fault_kind::refused, .address = pointer(fault.pc)};
  return {};
}

}  // namespace quire::calls
