// SPDX-License-Identifier: BSL-1.0
// The memory functions of wasm2c over Quire, for wabt 1.0.33 to 1.0.36.
#include "instance_memory.hpp"

using quire::test::instance_memory;

void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, uint64_t initial, uint64_t maximum, bool is64) {
  instance_memory::allocate(memory, initial, maximum, is64);
}
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint64_t pages) { return instance_memory::grow(memory, pages); }
void wasm_rt_free_memory(wasm_rt_memory_t* memory) { instance_memory::free(memory); }
