// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of Mach's virtual memory on macOS, one function each. Each returns a kern_return_t; the errno of mlock is
// converted to one.
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mach/mach.h>
#include <mach/vm_page_size.h>
#include <mach/vm_purgable.h>
#include <mach/vm_region.h>
#include <sys/mman.h>

#include <quire/calls/mach/types.hpp>
#include <quire/calls/mapping.hpp>
#include <quire/calls/posix/results.hpp>

#if __has_include(<mach/mach_vm.h>)
#include <mach/mach_vm.h>
#else
// Header sets of cross compilers lack it; these are the declarations that osfmk/mach/mach_vm.defs generates.
extern "C" {
kern_return_t mach_vm_deallocate(vm_map_t, mach_vm_address_t, mach_vm_size_t);
kern_return_t mach_vm_protect(vm_map_t, mach_vm_address_t, mach_vm_size_t, boolean_t, vm_prot_t);
kern_return_t mach_vm_inherit(vm_map_t, mach_vm_address_t, mach_vm_size_t, vm_inherit_t);
kern_return_t mach_vm_map(vm_map_t, mach_vm_address_t*, mach_vm_size_t, mach_vm_offset_t, int, mem_entry_name_port_t,
                          memory_object_offset_t, boolean_t, vm_prot_t, vm_prot_t, vm_inherit_t);
kern_return_t mach_vm_remap(vm_map_t, mach_vm_address_t*, mach_vm_size_t, mach_vm_offset_t, int, vm_map_t,
                            mach_vm_address_t, boolean_t, vm_prot_t*, vm_prot_t*, vm_inherit_t);
kern_return_t mach_vm_region(vm_map_t, mach_vm_address_t*, mach_vm_size_t*, vm_region_flavor_t, vm_region_info_t,
                             mach_msg_type_number_t*, mach_port_t*);
kern_return_t mach_vm_purgable_control(vm_map_t, mach_vm_address_t, vm_purgable_t, int*);
}
#endif

namespace quire::calls {

struct mach : mach_types, posix_limits, posix_process {
  // A process under Rosetta has 4 KiB pages too, but is built for x86-64.
#if defined(__x86_64__)
  static constexpr std::size_t largest_page = 4096;
#else
  static constexpr std::size_t largest_page = 16384;
#endif
  static std::size_t page_bytes() noexcept { return vm_page_size; }

  /// mach_vm_map of memory that reads as zero. `mask` holds the bits that are 0 in the address. Access can never be
  /// raised above `maximum`.
  static mapping vm_map(void* where, std::size_t bytes, std::size_t mask, int flags, int current, int maximum,
                        int inheritance) noexcept {
    mach_vm_address_t at = number(where);
    const kern_return_t n = ::mach_vm_map(mach_task_self(), &at, bytes, mask, flags, MEMORY_OBJECT_NULL, 0, FALSE,
                                          current, maximum, static_cast<vm_inherit_t>(inheritance));
    return n == KERN_SUCCESS ? mapping{pointer(at), 0} : mapping{nullptr, n};
  }
  static int vm_deallocate(void* p, std::size_t bytes) noexcept {
    return ::mach_vm_deallocate(mach_task_self(), number(p), bytes);
  }
  BOOST_FORCEINLINE static int vm_protect(void* p, std::size_t bytes, int current) noexcept {
    return ::mach_vm_protect(mach_task_self(), number(p), bytes, FALSE, current);
  }
  static int vm_inherit(void* p, std::size_t bytes, int inheritance) noexcept {
    return ::mach_vm_inherit(mach_task_self(), number(p), bytes, static_cast<vm_inherit_t>(inheritance));
  }
  /// mach_vm_remap as a copy over the mappings at `where`: copy-on-write, with the access and the VM tag of the source,
  /// as this call takes no tag.
  static int vm_remap_copy(void* where, std::size_t bytes, void* from, int inheritance) noexcept {
    return remap(where, bytes, from, TRUE, inheritance);
  }
  /// The same, but of the memory itself.
  static int vm_remap_shared(void* where, std::size_t bytes, void* from, int inheritance) noexcept {
    return remap(where, bytes, from, FALSE, inheritance);
  }
  /// mach_vm_purgable_control on the whole object at `p`. `state` receives the old state.
  static int vm_purgable_control(void* p, int control, int& state) noexcept {
    return ::mach_vm_purgable_control(mach_task_self(), number(p), control, &state);
  }
  /// mach_vm_region, VM_REGION_BASIC_INFO_64 and VM_REGION_EXTENDED_INFO.
  static int vm_region(const void* p, memory_region& found) noexcept {
    vm_region_basic_info_data_64_t basic{};
    if (const int n = region(p, VM_REGION_BASIC_INFO_64, basic, VM_REGION_BASIC_INFO_COUNT_64, found)) return n;
    vm_region_extended_info_data_t extended{};
    if (const int n = region(p, VM_REGION_EXTENDED_INFO, extended, VM_REGION_EXTENDED_INFO_COUNT, found)) return n;
    found.current = basic.protection;
    found.maximum = basic.max_protection;
    found.inheritance = static_cast<int>(basic.inheritance);
    found.wired = basic.user_wired_count;
    found.tag = extended.user_tag;
    found.pages = extended.pages_resident;
    return 0;
  }
  static int mlock(const void* p, std::size_t bytes) noexcept {
    return ::mlock(p, bytes) == 0 ? 0 : unix_error | errno;
  }

 private:
  static int remap(void* where, std::size_t bytes, void* from, boolean_t copies, int inheritance) noexcept {
    mach_vm_address_t at = number(where);
    vm_prot_t current = VM_PROT_NONE, maximum = VM_PROT_NONE;
    return ::mach_vm_remap(mach_task_self(), &at, bytes, 0, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, mach_task_self(),
                           number(from), copies, &current, &maximum, static_cast<vm_inherit_t>(inheritance));
  }
  static mach_vm_address_t number(const void* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }
  static void* pointer(mach_vm_address_t at) noexcept {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(at));
  }
  template <class Info>
  static int region(const void* p, vm_region_flavor_t flavour, Info& info, mach_msg_type_number_t count,
                    memory_region& found) noexcept {
    mach_vm_address_t at = number(p);
    mach_vm_size_t bytes = 0;
    mach_port_t object = MACH_PORT_NULL;  // always null now
    const kern_return_t n = ::mach_vm_region(mach_task_self(), &at, &bytes, flavour,
                                             reinterpret_cast<vm_region_info_t>(&info), &count, &object);
    found.base = static_cast<std::byte*>(pointer(at));
    found.bytes = bytes;
    return n;
  }
};

}  // namespace quire::calls
