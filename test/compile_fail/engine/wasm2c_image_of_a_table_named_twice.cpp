// SPDX-License-Identifier: BSL-1.0
// expect: a member of the instance is named twice
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
bool started(slots& pool, instance& first) {
  return start<&instance::memory, &instance::functions, &instance::functions>(pool, first);
}
#endif
