// SPDX-License-Identifier: BSL-1.0
// expect: each table of the instance is named once
#include "compile_fail/engine/image_of.hpp"

struct instance {
  wasm_rt_memory_t memory;
  wasm_rt_funcref_table_t functions, others;
};

#ifdef CONTROL
bool started(slots& pool, instance& first) {
  return start<&instance::memory, &instance::functions, &instance::others>(pool, first);
}
#else
bool started(slots& pool, instance& first) { return start<&instance::memory, &instance::functions>(pool, first); }
#endif
