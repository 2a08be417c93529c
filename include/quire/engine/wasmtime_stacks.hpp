// SPDX-License-Identifier: BSL-1.0
#pragma once
// The stacks of Wasmtime's asynchronous calls on Quire, by the stack creator of its C API (tested with 50.0.1), which
// exists where the library was built with its feature `async`.
#include <wasmtime.h>

#include <cstddef>
#include <cstdint>
#include <new>

#include <quire/engine/detail/wasmtime_refusal.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/stack_pool.hpp>

namespace quire::engine {

/// Serves the stacks of asynchronous calls from a pool.
class wasmtime_stacks {
 public:
  /// Precondition: the pool stays at its address until the engine and all its stores are gone, as a store keeps its
  /// last stack; and its stacks are as large as `async_stack_size` (default: 2 MiB), or larger. If they are smaller, or
  /// the engine wants stacks of zeros and the pool does not wipe them, calls fail with a message.
  template <class A, class Recycling>
  static void install(wasm_config_t* config, stack_pool<A, Recycling>& stacks) noexcept {
    wasmtime_stack_creator_t creator{&stacks, &create<A, Recycling>, nullptr};
    wasmtime_config_host_stack_creator_set(config, &creator);
  }

 private:
  template <class Pool>
  struct taken {
    Pool* from;
    stack_memory stack;
  };

  /// Called by any thread.
  template <class A, class Recycling>
  static wasmtime_error_t* create(void* env, std::size_t bytes, bool zeroed, wasmtime_stack_memory_t* out) noexcept {
    using pool = stack_pool<A, Recycling>;
    if (zeroed && quire::detail::leaves_contents<Recycling>)
      return wasmtime_error_new("quire: the engine wants stacks of zeros, and the pool leaves their contents");
    pool& from = *static_cast<pool*>(env);
    const auto got = from.acquire();
    if (!got) return detail::wasmtime::refusal("no stack for a call", got.error());
    auto* const kept = got->bytes < bytes ? nullptr : new (std::nothrow) taken<pool>{&from, *got};
    if (kept == nullptr) {
      from.release(*got);
      return wasmtime_error_new(got->bytes < bytes ? "quire: the pool's stacks are smaller than async_stack_size"
                                                   : "quire: no memory for the record of a stack");
    }
    *out = {kept, &get<pool>, &finalize<pool>};
    return nullptr;
  }
  template <class Pool>
  static std::uint8_t* get(void* env, std::size_t* bytes) noexcept {
    const auto& self = *static_cast<const taken<Pool>*>(env);
    *bytes = self.stack.bytes;
    return reinterpret_cast<std::uint8_t*>(self.stack.top());
  }
  template <class Pool>
  static void finalize(void* env) noexcept {
    auto* const self = static_cast<taken<Pool>*>(env);
    self->from->release(self->stack);
    delete self;
  }
};

}  // namespace quire::engine
