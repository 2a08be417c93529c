// SPDX-License-Identifier: BSL-1.0
// The interface of wasm2c's runtime to memories and tables, as wabt declares it since 1.0.37, without the rest of that
// header: to compile the adapter where such a release is not installed. No program that runs on that runtime links with
// it.
#ifndef QUIRE_TEST_SUPPORT_WASM_RELEASE_1_0_37_WASM_RT_H
#define QUIRE_TEST_SUPPORT_WASM_RELEASE_1_0_37_WASM_RT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint8_t* data;
  uint8_t* data_end;   // end of the reservation
  uint32_t page_size;  // in bytes
  uint64_t pages;
  uint64_t max_pages;
  uint64_t size;  // in bytes
  bool is64;      // whether it is indexed by 64 bits
} wasm_rt_memory_t;

void wasm_rt_allocate_memory(wasm_rt_memory_t*, uint64_t initial_pages, uint64_t max_pages, bool is64,
                             uint32_t page_size);
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t*, uint64_t pages);
void wasm_rt_free_memory(wasm_rt_memory_t*);

typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void** instance_ptr, void* tail_call_stack, struct wasm_rt_tailcallee_t* next);
} wasm_rt_tailcallee_t;
typedef struct {
  const char* func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void* module_instance;
} wasm_rt_funcref_t;
typedef void* wasm_rt_externref_t;

typedef struct {
  wasm_rt_funcref_t* data;
  uint32_t max_size;  // in elements
  uint32_t size;
} wasm_rt_funcref_table_t;
typedef struct {
  wasm_rt_externref_t* data;
  uint32_t max_size;
  uint32_t size;
} wasm_rt_externref_table_t;

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t*, uint32_t elements, uint32_t max_elements);
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t*);
void wasm_rt_allocate_externref_table(wasm_rt_externref_table_t*, uint32_t elements, uint32_t max_elements);
void wasm_rt_free_externref_table(wasm_rt_externref_table_t*);

#ifdef __cplusplus
}
#endif

#endif
