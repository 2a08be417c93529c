// The memory interface of wasm2c's runtime as wabt declares it since 1.0.37, without the rest of that header: to
// compile the adapter where such a release is not installed. No program that runs links with it.
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

#ifdef __cplusplus
}
#endif

#endif
