// SPDX-License-Identifier: BSL-1.0
#pragma once
// The numbers of Mach and Darwin that the calls use, without their headers: xnu's osfmk/mach/{kern_return, error,
// vm_statistics, vm_prot, vm_inherit, vm_purgable}.h and bsd/sys/errno.h. A test compares each with the headers.
#include <cstddef>

namespace quire::calls {

struct mach_types {
  /// What mach_vm_region reports of the mapping at an address, or of the next one above.
  struct memory_region {
    std::byte* base = nullptr;
    std::size_t bytes = 0;
    int current = 0;
    int maximum = 0;
    int inheritance = 0;
    unsigned wired = 0;     // how often mlock was called on it
    unsigned tag = 0;       // the number that vm_tag gives
    std::size_t pages = 0;  // resident
  };

  // kern_return_t. errno values overlap with these, so that of mlock is wrapped as in mach/error.h: unix_err.
  static constexpr int success = 0, invalid_address = 1, protection_failure = 2, no_space = 3, invalid_argument = 4,
                       failure = 5;
  static constexpr int resource_shortage = 6, no_access = 8, not_supported = 46, codesign_error = 50, denied = 53;
  static constexpr int unix_error = 3 << 14;
  static constexpr int unix_forbidden = unix_error | 1, unix_no_memory = unix_error | 12,
                       unix_invalid = unix_error | 22, unix_again = unix_error | 35;

  static constexpr const char* page_bytes_source = "vm_page_size";

  static constexpr int anywhere = 1, fixed = 0, purgeable = 2, overwrite = 0x4000;
  static constexpr int tag_shift = 24;
  static constexpr int prot_none = 0, prot_read = 1, prot_write = 2;
  static constexpr int inherit_copy = 1, inherit_none = 2;

  static constexpr int set_state = 0;
  static constexpr int nonvolatile_state = 0, volatile_state = 1, empty_state = 2, state_mask = 3;
  static constexpr int goes_first = 1 << 5, last_group = 7 << 8;  // VM_PURGABLE_ORDERING_OBSOLETE, VM_VOLATILE_GROUP_7
  static constexpr std::size_t largest_purgeable = 0xfffff000;    // ANON_MAX_SIZE
};

}  // namespace quire::calls
