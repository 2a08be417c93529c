// SPDX-License-Identifier: BSL-1.0
#pragma once
// Numbers of the Windows SDK (winnt.h, winerror.h), and the structures that its calls fill. A model of Windows shares
// them; where the SDK's own headers exist, calls/windows.hpp compares the numbers.
#include <cstddef>
#include <cstdint>

namespace quire::calls {

struct windows_types {
  static constexpr unsigned mem_commit = 0x1000, mem_reserve = 0x2000, mem_decommit = 0x4000, mem_release = 0x8000;
  static constexpr unsigned mem_free = 0x10000;  // a state, as mem_commit and mem_reserve are
  static constexpr unsigned mem_private = 0x20000, mem_mapped = 0x40000;
  // Placeholders, from Windows 10 1803 on. The first has the value of mem_decommit, which belongs to another call.
  static constexpr unsigned mem_replace_placeholder = 0x4000, mem_reserve_placeholder = 0x40000;
  static constexpr unsigned mem_preserve_placeholder = 0x2;
  static constexpr unsigned page_no_access = 0x01, page_read_only = 0x02, page_read_write = 0x04;
  static constexpr unsigned page_write_copy = 0x08;
  static constexpr unsigned offer_very_low = 1, offer_low = 2, offer_below_normal = 3, offer_normal = 4;
  static constexpr unsigned page_execute_read = 0x20, page_execute_read_write = 0x40;

  static constexpr unsigned char trapping_byte = 0xcc;  // int3

  static constexpr int access_denied = 5, not_enough_memory = 8, out_of_memory = 14, not_supported = 50;
  static constexpr int invalid_parameter = 87, call_not_implemented = 120, procedure_not_found = 127, busy = 170;
  static constexpr int invalid_address = 487, no_access = 998, privilege_not_held = 1314, no_system_resources = 1450;
  static constexpr int working_set_quota = 1453, pagefile_quota = 1454, commitment_limit = 1455;

  // dwAllocationGranularity: the alignment of every reservation. No page is larger.
  static constexpr std::size_t allocation_granularity = 65536;

  /// Consecutive pages with equal attributes: MEMORY_BASIC_INFORMATION. Sizes are in bytes.
  struct memory_region {
    std::byte* base;        // of the queried page
    std::byte* allocation;  // base of the reservation
    std::size_t bytes;      // from `base`
    unsigned state, protection;
    unsigned kind;  // mem_mapped: a view
  };

  /// One page as QueryWorkingSetEx reports it: PSAPI_WORKING_SET_EX_INFORMATION.
  struct working_set_page {
    void* address;
    std::uintptr_t flags;

    [[nodiscard]] constexpr bool is_resident() const noexcept { return (flags & 1) != 0; }
    [[nodiscard]] constexpr unsigned node() const noexcept { return static_cast<unsigned>(flags >> 16 & 0x3f); }
    [[nodiscard]] constexpr bool is_locked() const noexcept { return (flags >> 22 & 1) != 0; }
  };

  /// Totals and what is left of them for this process, in bytes: MEMORYSTATUSEX.
  struct memory_status {
    std::uint64_t physical, free_physical;
    std::uint64_t commit_limit, free_commit;
    std::uint64_t addresses, free_addresses;
  };
};

}  // namespace quire::calls
