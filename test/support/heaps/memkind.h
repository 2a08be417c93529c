// SPDX-License-Identifier: BSL-1.0
// Those declarations of memkind 1.14 that the adapter uses. Programs with memkind itself include its own header.
#pragma once
#include <cstddef>

extern "C" {

typedef struct memkind* memkind_t;
enum { MEMKIND_SUCCESS = 0, MEMKIND_ERROR_MALLOC = -6 };

int memkind_create_fixed(void* addr, std::size_t size, memkind_t* kind);
int memkind_destroy_kind(memkind_t kind);
void* memkind_malloc(memkind_t kind, std::size_t size);
void memkind_free(memkind_t kind, void* p);

}  // extern "C"
