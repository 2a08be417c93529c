// SPDX-License-Identifier: BSL-1.0
// The memory functions that the guest's code calls, as wabt 1.0.32 declares them.
#include "guarded_call.hpp"
#include "guest_memory.hpp"

using runtime::memory;

void wasm_rt_allocate_memory(wasm_rt_memory_t* m, std::uint32_t initial, std::uint32_t maximum) {
  memory::allocate(m, initial, maximum);
}
std::uint32_t wasm_rt_grow_memory(wasm_rt_memory_t* m, std::uint32_t more) {
  return runtime::call_host([=] { return memory::grow(m, more); });
}
void wasm_rt_free_memory(wasm_rt_memory_t* m) { memory::free(m); }
