// SPDX-License-Identifier: BSL-1.0
#pragma once
/* What the adapter uses of the C API of WAMR 2.4, built with WAMR_BUILD_ALLOC_WITH_USAGE, declared anew, so that it
   compiles without that header. No program that runs links with WAMR. */
#include <stdbool.h>
#include <stdint.h>

typedef enum { Alloc_For_Runtime, Alloc_For_LinearMemory } mem_alloc_usage_t;
typedef enum { Alloc_With_Pool, Alloc_With_Allocator, Alloc_With_System_Allocator } mem_alloc_type_t;

typedef union MemAllocOption {
  struct {
    void* heap_buf;
    uint32_t heap_size;
  } pool;
  struct {
    void* malloc_func;
    void* realloc_func;
    void* free_func;
    void* user_data;
  } allocator;
} MemAllocOption;

typedef struct RuntimeInitArgs {
  mem_alloc_type_t mem_alloc_type;
  MemAllocOption mem_alloc_option;
} RuntimeInitArgs;
