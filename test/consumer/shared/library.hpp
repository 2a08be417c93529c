// SPDX-License-Identifier: BSL-1.0
#pragma once
// The interface between a shared library and a program: types of Quire, and functions that take and return them.
#include <quire/error_code.hpp>
#include <quire/quire.hpp>

#if __has_include(<wasm-rt.h>)
#include <quire/engine/wasm2c.hpp>
#endif

using checked_memory = quire::linux_allocator::with_tagging<quire::tagging::checked<>>;

#if __has_include(<wasm-rt.h>)
using engine_memory =
    quire::engine::wasm2c_memory<quire::linux_allocator::with_protection<quire::protection::index_space<32, 32>>>;
#else
struct wasm_rt_memory_t {};
#endif

/// The functions of the library. A program that loads it finds this table by its name.
struct library {
  bool (*allocate_tagged)(checked_memory&, unsigned tag);
  unsigned (*read_through)(const checked_memory&);  // reads the first byte through a tagged pointer
  std::error_code (*code_of)(quire::error);
  std::error_condition (*condition_of)(quire::errc);
  void (*throw_error)(quire::error);
  void (*throw_bad_access)(quire::error);
  void (*allocate_for_engine)(wasm_rt_memory_t&);
};

extern "C" BOOST_SYMBOL_VISIBLE const library* quire_library();
