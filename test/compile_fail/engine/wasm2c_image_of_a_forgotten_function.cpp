// SPDX-License-Identifier: BSL-1.0
// expect: each global that holds a function is named once
#include "compile_fail/engine/image_of.hpp"

struct instance {
  unsigned number;
  wasm_rt_funcref_t function;
  wasm_rt_memory_t memory;
};

#ifdef CONTROL
bool started(slots& pool, instance& first) { return start<&instance::memory, &instance::function>(pool, first); }
#else
bool started(slots& pool, instance& first) { return start<&instance::memory>(pool, first); }
#endif
