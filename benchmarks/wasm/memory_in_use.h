// SPDX-License-Identifier: BSL-1.0
// A table of the memory functions that the translated program calls, so that one compiled program runs on every
// runtime, and two runs differ in nothing but the runtime.
#ifndef QUIRE_BENCHMARKS_WASM_MEMORY_IN_USE_H
#define QUIRE_BENCHMARKS_WASM_MEMORY_IN_USE_H

#include <wasm-rt.h>

#ifdef __cplusplus
extern "C" {
#endif

struct memory_functions {
  __typeof__(wasm_rt_allocate_memory)* allocate;
  __typeof__(wasm_rt_grow_memory)* grow;
  __typeof__(wasm_rt_free_memory)* free;
};

extern struct memory_functions memory_in_use;

#ifdef __cplusplus
}
#endif

#endif
