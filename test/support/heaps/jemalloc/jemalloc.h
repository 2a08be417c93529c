// SPDX-License-Identifier: BSL-1.0
// Those declarations of jemalloc 5.3 that the adapter uses. Programs with jemalloc itself include its own header.
#pragma once
#include <cstddef>

#define MALLOCX_TCACHE_NONE 0x100
#define MALLOCX_ARENA(index) (static_cast<int>((index) + 1) * (1 << 20))

extern "C" {

typedef struct extent_hooks_s extent_hooks_t;
typedef void*(extent_alloc_t)(extent_hooks_t*, void*, std::size_t, std::size_t, bool*, bool*, unsigned);
typedef bool(extent_dalloc_t)(extent_hooks_t*, void*, std::size_t, bool, unsigned);
typedef void(extent_destroy_t)(extent_hooks_t*, void*, std::size_t, bool, unsigned);
typedef bool(extent_commit_t)(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, unsigned);
typedef bool(extent_decommit_t)(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, unsigned);
typedef bool(extent_purge_t)(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, unsigned);
typedef bool(extent_split_t)(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, bool, unsigned);
typedef bool(extent_merge_t)(extent_hooks_t*, void*, std::size_t, void*, std::size_t, bool, unsigned);
struct extent_hooks_s {
  extent_alloc_t* alloc;
  extent_dalloc_t* dalloc;
  extent_destroy_t* destroy;
  extent_commit_t* commit;
  extent_decommit_t* decommit;
  extent_purge_t* purge_lazy;
  extent_purge_t* purge_forced;
  extent_split_t* split;
  extent_merge_t* merge;
};

int mallctl(const char* name, void* old, std::size_t* old_size, void* given, std::size_t given_size) noexcept;
int mallctlnametomib(const char* name, std::size_t* mib, std::size_t* length) noexcept;
int mallctlbymib(const std::size_t* mib, std::size_t length, void* old, std::size_t* old_size, void* given,
                 std::size_t given_size) noexcept;
void* mallocx(std::size_t size, int flags) noexcept;
void dallocx(void* p, int flags) noexcept;

}  // extern "C"
