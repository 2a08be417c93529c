// SPDX-License-Identifier: BSL-1.0
// expect: a base with a hardware tag is not found
#include <quire/engine/wasmtime.hpp>
#include <quire/tagging/mte.hpp>

#include "compile_fail/tagging/tagging_store.hpp"

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = tagged_by<quire::tagging::mte<>>;
#endif

void set(wasm_config_t* config) { quire::engine::wasmtime_memory<memory>::install(config); }
