// SPDX-License-Identifier: BSL-1.0
// All memory functions of wasm2c over Quire: every kind of memory, shared ones included.
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>

namespace {

// A memory with a 64-bit index may grow to 256 GiB.
using large = quire::linux_allocator;
large make_large() noexcept { return large{quire::limits{quire::pages{std::uint64_t{1} << 22}}}; }
using memory =
    quire::engine::wasm2c_memory<quire::wasm_linux_allocator, &quire::engine::make_default<quire::wasm_linux_allocator>,
                                 quire::engine::wasm2c_checked_memory<large, make_large>>;

}  // namespace

void wasm_rt_allocate_memory(wasm_rt_memory_t* m, uint64_t initial, uint64_t maximum, bool is64, uint32_t page) {
  memory::allocate(m, initial, maximum, is64, page);
}
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* m, uint64_t more) { return memory::grow(m, more); }
void wasm_rt_free_memory(wasm_rt_memory_t* m) { memory::free(m); }

// wasm-rt.h declares these to C alone.
extern "C" {
void wasm_rt_allocate_memory_shared(void* m, uint64_t initial, uint64_t maximum, bool is64, uint32_t page) {
  memory::allocate_shared(m, initial, maximum, is64, page);
}
uint64_t wasm_rt_grow_memory_shared(void* m, uint64_t more) { return memory::grow_shared(m, more); }
void wasm_rt_free_memory_shared(void* m) { memory::free_shared(m); }
}
