// SPDX-License-Identifier: BSL-1.0
// Compares the constants and type sizes of the library and its model of Mach with those of Darwin's headers, at compile
// time.
#include <cerrno>
#include <csignal>
#include <mach/error.h>
#include <mach/mach.h>
#include <mach/vm_page_size.h>
#include <mach/vm_purgable.h>
#include <mach/vm_region.h>
#include <mach/vm_statistics.h>
#include <sys/resource.h>
#include <type_traits>

#include <quire/calls/fault/signal.hpp>
#include <quire/calls/mach.hpp>
#include <quire/tagging/vm_tag.hpp>

#include "models/macos/model/model.hpp"

namespace quire::test {

using k = calls::mach_types;

static_assert(k::success == KERN_SUCCESS && k::invalid_address == KERN_INVALID_ADDRESS);
static_assert(k::protection_failure == KERN_PROTECTION_FAILURE && k::no_space == KERN_NO_SPACE);
static_assert(k::invalid_argument == KERN_INVALID_ARGUMENT && k::failure == KERN_FAILURE);
static_assert(k::resource_shortage == KERN_RESOURCE_SHORTAGE && k::no_access == KERN_NO_ACCESS);
static_assert(k::not_supported == KERN_NOT_SUPPORTED && k::denied == KERN_DENIED);
static_assert(k::codesign_error == KERN_CODESIGN_ERROR);
static_assert(k::unix_forbidden == unix_err(EPERM) && k::unix_no_memory == unix_err(ENOMEM));
static_assert(k::unix_invalid == unix_err(EINVAL) && k::unix_again == unix_err(EAGAIN));

static_assert(k::anywhere == VM_FLAGS_ANYWHERE && k::fixed == VM_FLAGS_FIXED && k::overwrite == VM_FLAGS_OVERWRITE);
static_assert(k::purgeable == VM_FLAGS_PURGABLE && VM_MAKE_TAG(1) == 1 << k::tag_shift);
static_assert(VM_MEMORY_APPLICATION_SPECIFIC_1 == 240 && VM_MEMORY_APPLICATION_SPECIFIC_16 == 255);
static_assert(tagging::vm_tag_webassembly == VM_MEMORY_WEBASSEMBLY);

static_assert(k::prot_none == VM_PROT_NONE && k::prot_read == VM_PROT_READ && k::prot_write == VM_PROT_WRITE);
static_assert(k::inherit_copy == VM_INHERIT_COPY && k::inherit_none == VM_INHERIT_NONE);

static_assert(k::set_state == VM_PURGABLE_SET_STATE && k::state_mask == VM_PURGABLE_STATE_MASK);
static_assert(k::nonvolatile_state == VM_PURGABLE_NONVOLATILE && k::volatile_state == VM_PURGABLE_VOLATILE);
static_assert(k::empty_state == VM_PURGABLE_EMPTY);
static_assert(k::goes_first == VM_PURGABLE_ORDERING_OBSOLETE && k::last_group == VM_VOLATILE_GROUP_7);

static_assert(mach_model::limit_address_space == RLIMIT_AS && mach_model::limit_data == RLIMIT_DATA);
static_assert(mach_model::limit_locked == RLIMIT_MEMLOCK);

// Types that the calls pass.
static_assert(sizeof(kern_return_t) == 4 && std::is_signed_v<kern_return_t>);
static_assert(sizeof(vm_map_t) == 4 && sizeof(mach_vm_address_t) == 8 && sizeof(mach_vm_size_t) == 8);
static_assert(sizeof(vm_prot_t) == 4 && sizeof(vm_inherit_t) == 4 && sizeof(boolean_t) == 4);
static_assert(sizeof(memory_object_offset_t) == 8 && sizeof(vm_purgable_t) == 4);
static_assert(sizeof(vm_region_basic_info_data_64_t) == 36 && VM_REGION_BASIC_INFO_COUNT_64 == 9);
static_assert(sizeof(vm_region_extended_info_data_t) == 36 && VM_REGION_EXTENDED_INFO_COUNT == 9);
static_assert(std::is_same_v<decltype(vm_page_size), vm_size_t> && sizeof(vm_size_t) == sizeof(std::size_t));

// Guards are mapped, so an access to one raises SIGBUS, with a different code on each processor.
constexpr auto kind_of = calls::detail::kind_of;
static_assert(kind_of(SIGBUS, BUS_ADRALN) == calls::fault_kind::refused);    // arm64
static_assert(kind_of(SIGBUS, BUS_ADRERR) == calls::fault_kind::refused);    // x86-64
static_assert(kind_of(SIGSEGV, SEGV_ACCERR) == calls::fault_kind::no_page);  // arm64
static_assert(kind_of(SIGSEGV, SEGV_MAPERR) == calls::fault_kind::no_page);  // x86-64
static_assert(kind_of(SIGBUS, SI_USER) == calls::fault_kind::other && kind_of(SIGSEGV, 0) == calls::fault_kind::other);

}  // namespace quire::test
