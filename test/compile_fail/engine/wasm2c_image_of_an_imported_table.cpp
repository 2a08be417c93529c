// SPDX-License-Identifier: BSL-1.0
// expect: a memory or table that a module imports would be shared
#include "compile_fail/engine/image_of.hpp"

struct instance {
#ifdef CONTROL
  unsigned* imported;
#else
  wasm_rt_funcref_table_t* imported;
#endif
  wasm_rt_memory_t memory;
  bool data_segment_dropped : 1;
};

bool started(slots& pool, instance& first) { return start<&instance::memory>(pool, first); }
