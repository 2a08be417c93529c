// SPDX-License-Identifier: BSL-1.0
// expect: Wasmtime's memories have pages of 64 KiB, or of one byte
#include <quire/engine/wasmtime.hpp>
#include <quire/quire.hpp>

#ifdef CONTROL
constexpr std::size_t unit = 4096;
#else
constexpr std::size_t unit = 131072;
#endif

using memory = quire::linux_allocator::with_page_size<quire::page_size::in_units_of<unit>>;
void set(wasm_config_t* config) { quire::engine::wasmtime_memory<memory>::install(config); }
