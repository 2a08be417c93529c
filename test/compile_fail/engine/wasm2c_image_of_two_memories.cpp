// SPDX-License-Identifier: BSL-1.0
// expect: an instance that starts from an image has one memory
#include "compile_fail/engine/image_of.hpp"

struct instance {
  wasm_rt_memory_t memory;
#ifndef CONTROL
  wasm_rt_memory_t other;
#endif
};

bool started(slots& pool, instance& first) { return start<&instance::memory>(pool, first); }
