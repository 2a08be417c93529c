// The memory interface of wasm2c's runtime as wabt 1.0.32 declares it, without the rest of that header: to compile the
// adapter where the release is not installed. No program that runs links with it.
#ifndef QUIRE_TEST_SUPPORT_WASM_RELEASE_1_0_32_WASM_RT_H
#define QUIRE_TEST_SUPPORT_WASM_RELEASE_1_0_32_WASM_RT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint8_t* data;
  uint32_t pages, max_pages;
  uint32_t size;  // in bytes
} wasm_rt_memory_t;

void wasm_rt_allocate_memory(wasm_rt_memory_t*, uint32_t initial_pages, uint32_t max_pages);
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t*, uint32_t pages);
void wasm_rt_free_memory(wasm_rt_memory_t*);

#ifdef __cplusplus
}
#endif

#endif
