// SPDX-License-Identifier: BSL-1.0
#pragma once
// Engines with Wasmtime's own memory and with Quire's, and cases that use them.
#include <source_location>
#include <utility>

#include <quire/engine/wasmtime.hpp>
#include <quire/quire.hpp>

#include "support/catch/test_environment.hpp"
#include "support/wasmtime/engines.hpp"

namespace quire::test {

/// The reservation and guard that are Wasmtime's own defaults.
using small_index_space = linux_allocator::with_protection<protection::index_space<32, 25>>;

template <class A>
engine engine_on(settings also = &nothing_else) {
  return engine_with([&](wasm_config_t* config) {
    also(config);
    quire::engine::wasmtime_memory<A>::install(config);
  });
}
template <class Pool>
engine engine_on(Pool& slots, settings also = &nothing_else) {
  return engine_with([&](wasm_config_t* config) {
    also(config);
    quire::engine::wasmtime_memory<typename Pool::memory>::install(config, slots);
  });
}
inline engine own_engine(settings also = &nothing_else) { return engine_with(also); }

inline constexpr auto check = [](bool holds, const char* what,
                                 const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
};

/// In a child process: the library's handlers of signals take the place of the test program's.
template <class F>
void with_wasmtime(F f) {
  test_environment::run_isolated("with Wasmtime", std::move(f));
}

}  // namespace quire::test
