// SPDX-License-Identifier: BSL-1.0
// The memory functions of wasm2c over Quire, for wabt 1.0.32.
#include "instance_memory.hpp"

using quire::test::instance_memory;

void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, uint32_t initial, uint32_t maximum) {
  instance_memory::allocate(memory, initial, maximum);
}
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint32_t pages) { return instance_memory::grow(memory, pages); }
void wasm_rt_free_memory(wasm_rt_memory_t* memory) { instance_memory::free(memory); }
