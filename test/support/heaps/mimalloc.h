// SPDX-License-Identifier: BSL-1.0
// Those declarations of mimalloc 3.3 that the adapters use. Programs with mimalloc itself include its own header.
#pragma once
#include <cstddef>

#define MI_MALLOC_VERSION 30302

extern "C" {

struct mi_heap_t;
typedef void* mi_arena_id_t;
typedef bool(mi_commit_fun_t)(bool commit, void* start, std::size_t size, bool* is_zero, void* user_arg);
typedef enum mi_option_e { mi_option_page_commit_on_demand = 37, _mi_option_last = 44 } mi_option_t;

int mi_version() noexcept;
long mi_option_get(mi_option_t option) noexcept;

bool mi_manage_os_memory_ex(void* start, std::size_t size, bool is_committed, bool is_pinned, bool is_zero,
                            int numa_node, bool exclusive, mi_arena_id_t* arena_id) noexcept;
bool mi_manage_memory(void* start, std::size_t size, bool is_committed, bool is_pinned, bool is_zero, int numa_node,
                      bool exclusive, mi_commit_fun_t* commit_fun, void* commit_fun_arg,
                      mi_arena_id_t* arena_id) noexcept;
std::size_t mi_arena_min_alignment();
std::size_t mi_arena_min_size();

mi_heap_t* mi_heap_new_in_arena(mi_arena_id_t arena_id);
void* mi_heap_malloc(mi_heap_t* heap, std::size_t size) noexcept;
void mi_free(void* p) noexcept;

}  // extern "C"
