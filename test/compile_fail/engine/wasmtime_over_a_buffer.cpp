// SPDX-License-Identifier: BSL-1.0
// expect: Wasmtime leaves bounds checks to faults that arrive as signals
#include <quire/engine/wasmtime.hpp>
#include <quire/platform/linux.hpp>

#include "compile_fail/buffers/buffers.hpp"

quire::static_storage<1 << 20> storage;

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = memory_over<quire::backing::static_buffer<storage>>;
#endif

void set(wasm_config_t* config) { quire::engine::wasmtime_memory<memory>::install(config); }
