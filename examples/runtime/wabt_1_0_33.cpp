// SPDX-License-Identifier: BSL-1.0
// The memory functions that the guest's code calls, as wabt 1.0.33 to 1.0.36 declares them.
#include "guarded_call.hpp"
#include "guest_memory.hpp"

using runtime::memory;

void wasm_rt_allocate_memory(wasm_rt_memory_t* m, std::uint64_t initial, std::uint64_t maximum, bool is64) {
  memory::allocate(m, initial, maximum, is64);
}
std::uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* m, std::uint64_t more) {
  return runtime::call_host([=] { return memory::grow(m, more); });
}
void wasm_rt_free_memory(wasm_rt_memory_t* m) { memory::free(m); }
