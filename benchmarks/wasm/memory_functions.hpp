// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the translated program calls for its memory, on each runtime: tables for `memory_in_use`.
#include <quire/engine/wasm2c.hpp>

#include "memory_in_use.h"

namespace bench {

// Releases of wabt differ in the parameters of the allocating function, so they are deduced from its declaration.
template <class Memory, class... Rest>
constexpr auto allocate_on(void (*)(wasm_rt_memory_t*, Rest...)) {
  return +[](wasm_rt_memory_t* memory, Rest... rest) { Memory::allocate(memory, rest...); };
}

/// Of the program in use: successful calls of memory.grow.
inline std::uint64_t growths = 0;

template <class Memory>
constexpr auto grow_on() {
  using page_count = decltype(wasm_rt_memory_t::pages);
  return +[](wasm_rt_memory_t* memory, page_count more) {
    const page_count before = Memory::grow(memory, more);
    if (more != 0 && before != static_cast<page_count>(-1)) ++growths;
    return before;
  };
}

/// wabt's own functions. 1.0.32 releases only the accessible bytes of a memory, so every lifecycle leaves most of its 8
/// GiB reserved: one process has room for some 16,000.
struct stock {
  template <class... Arguments>
  static void allocate(Arguments... arguments) {
    wasm_rt_allocate_memory(arguments...);
  }
  static auto grow(wasm_rt_memory_t* memory, decltype(wasm_rt_memory_t::pages) more) {
    return wasm_rt_grow_memory(memory, more);
  }
  static void free(wasm_rt_memory_t* memory) { wasm_rt_free_memory(memory); }
};

template <class Memory>
constexpr memory_functions functions_of{allocate_on<Memory>(&wasm_rt_allocate_memory), grow_on<Memory>(),
                                        &Memory::free};

}  // namespace bench
