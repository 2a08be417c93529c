// SPDX-License-Identifier: BSL-1.0
#pragma once
// Engines, modules and instances of the Wasmtime that was loaded. What it refuses is a peer_failure, unless a question
// asks about it.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "clock.hpp"
#include "peer_failure.hpp"
#include "wasmtime_library.hpp"

namespace bench {

inline void expect(bool holds, const char* what) {
  if (!holds) throw peer_failure("Wasmtime", std::string(what) + " fails");
}
inline void expect_success(const wasmtime_error_t* error, const wasm_trap_t* trap, const char* what) {
  expect(error == nullptr && trap == nullptr, what);
}

/// An engine whose memories `set` decides about. It compiles in this thread: further threads would make the calls of
/// all contenders slower.
class wasmtime_engine {
 public:
  wasmtime_engine(const wasmtime_library& library, auto set) : library_(library) {
    wasm_config_t* const config = library.config_new();
    library.parallel_compilation_set(config, false);
    set(config);
    engine_ = library.engine_new_with_config(config);
    expect(engine_ != nullptr, "wasm_engine_new_with_config");
  }
  wasmtime_engine(const wasmtime_engine&) = delete;
  wasmtime_engine& operator=(const wasmtime_engine&) = delete;
  ~wasmtime_engine() { library_.engine_delete(engine_); }

  [[nodiscard]] wasm_engine_t* get() const { return engine_; }

 private:
  const wasmtime_library& library_;
  wasm_engine_t* engine_ = nullptr;
};

/// A module that is ready to be instantiated.
class wasmtime_module {
 public:
  wasmtime_module(const wasmtime_library& library, wasm_engine_t* engine, const char* text)
      : library_(library), engine_(engine), linker_(library.linker_new(engine)) {
    wasm_byte_vec_t binary{};
    expect_success(library.wat2wasm(text, std::strlen(text), &binary), nullptr, "wasmtime_wat2wasm");
    expect_success(
        library.module_new(engine, reinterpret_cast<const std::uint8_t*>(binary.data), binary.size, &module_), nullptr,
        "wasmtime_module_new");
    library.byte_vec_delete(&binary);
    expect_success(library.instantiate_pre(linker_, module_, &instances_), nullptr, "wasmtime_linker_instantiate_pre");
  }
  wasmtime_module(const wasmtime_module&) = delete;
  wasmtime_module& operator=(const wasmtime_module&) = delete;
  ~wasmtime_module() {
    library_.instance_pre_delete(instances_);
    library_.linker_delete(linker_);
    library_.module_delete(module_);
  }

 private:
  friend class wasmtime_instance;

  const wasmtime_library& library_;
  wasm_engine_t* engine_;
  wasmtime_linker_t* linker_;
  wasmtime_module_t* module_ = nullptr;
  wasmtime_instance_pre_t* instances_ = nullptr;
};

/// An instance in a store of its own.
class wasmtime_instance {
 public:
  explicit wasmtime_instance(const wasmtime_module& of)
      : library_(of.library_),
        store_(library_.store_new(of.engine_, nullptr, nullptr)),
        context_(library_.store_context(store_)) {
    wasm_trap_t* trap = nullptr;
    is_there_ = library_.instantiate(of.instances_, context_, &made_, &trap) == nullptr && trap == nullptr;
  }
  wasmtime_instance(const wasmtime_instance&) = delete;
  wasmtime_instance& operator=(const wasmtime_instance&) = delete;
  ~wasmtime_instance() { library_.store_delete(store_); }

  /// False if Wasmtime refused it.
  [[nodiscard]] bool is_there() const { return is_there_; }

  /// Calls a function of one number.
  void call(std::string_view name, std::size_t number) {
    expect(is_there_, "wasmtime_instance_pre_instantiate");
    wasmtime_extern_t function{};
    expect(library_.export_get(context_, &made_, name.data(), name.size(), &function), "wasmtime_instance_export_get");
    wasm_trap_t* trap = nullptr;
    wasmtime_val_raw_t argument{.i32 = static_cast<std::int32_t>(number)};
    const wasmtime_error_t* const error = library_.call_unchecked(context_, &function.of.func, &argument, 1, &trap);
    expect_success(error, trap, "wasmtime_func_call");
  }

 private:
  const wasmtime_library& library_;
  wasmtime_store_t* store_;
  wasmtime_context_t* context_;
  wasmtime_instance_t made_{};
  bool is_there_ = false;
};

/// Nanoseconds of one life. Several are timed together, after one that finds the caches as the others left them.
inline double live(std::size_t lives, auto one) {
  one();
  return timed([&] {
           for (std::size_t i = 0; i < lives; ++i) one();
         }) /
         static_cast<double>(lives);
}

}  // namespace bench
