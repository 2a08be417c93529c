// SPDX-License-Identifier: BSL-1.0
#pragma once
// QNX's constants as the model knows them: written down separately, so that an error in the header set is found.

namespace quire::test::qnx_model {

inline constexpr int prot_none = 0, prot_read = 0x100, prot_write = 0x200, prot_exec = 0x400, prot_nocache = 0x800;
inline constexpr int all_protections = prot_read | prot_write | prot_exec | prot_nocache;

inline constexpr int map_shared = 1, map_private = 2, map_type = 3, map_fixed = 0x10, map_lazy = 0x80,
                     map_stack = 0x1000, map_below = 0x2000, map_noinit = 0x4000, map_phys = 0x10000,
                     map_anon = 0x80000;
inline constexpr int all_flags =
    map_type | map_fixed | map_lazy | map_stack | map_below | map_noinit | map_phys | map_anon;

inline constexpr int advice_last_of_posix = 4, advice_discard = 5;
inline constexpr int typed_allocate = 1, typed_allocate_contiguous = 2, typed_map_allocatable = 4;
inline constexpr int access_read_write = 2;
inline constexpr unsigned long anonymous_object = 0x51;
inline constexpr int object_of_memory = 1, object_sealed = 0x1000;
inline constexpr int no_object = -1;

inline constexpr int sysconf_page_size = 11;
inline constexpr int limit_data = 2, limit_address_space = 6, limit_locked = 7;
inline constexpr unsigned long long unlimited = 0xfffffffffffffffdULL;

inline constexpr int e_perm = 1, e_no_entry = 2, e_no_object = 6, e_bad_object = 9, e_again = 11, e_no_memory = 12,
                     e_access = 13, e_no_device = 19, e_too_many_objects = 24, e_invalid = 22, e_not_available = 249;

}  // namespace quire::test::qnx_model
