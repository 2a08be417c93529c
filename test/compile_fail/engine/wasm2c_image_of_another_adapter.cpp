// SPDX-License-Identifier: BSL-1.0
// expect: the adapter that serves the module is to be one over Pool::memory
#include "compile_fail/engine/image_of.hpp"

struct instance {
  wasm_rt_memory_t memory;
};

#ifdef CONTROL
using adapter = memory;
#else
using adapter = quire::engine::wasm2c_memory<quire::wasm_linux_allocator>;
#endif

using image = quire::engine::wasm2c_image<adapter, slots, &instance::memory>;
bool started(slots& pool, instance& first) { return image::of(pool, first).has_value(); }
