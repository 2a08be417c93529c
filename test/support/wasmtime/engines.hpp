// SPDX-License-Identifier: BSL-1.0
#pragma once
// Wasmtime as a test uses it: engines, modules from text, instances, and calls whose outcomes can be compared.
#include <wasmtime.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quire::test {

/// What a call came to: its result, "out of bounds", another trap, or an error's message.
using outcomes = std::vector<std::string>;

/// Empty after success; takes the error.
inline std::string message_of(wasmtime_error_t* error) {
  if (error == nullptr) return {};
  wasm_byte_vec_t text{};
  wasmtime_error_message(error, &text);
  std::string all(text.data, text.size);
  wasm_byte_vec_delete(&text);
  wasmtime_error_delete(error);
  return all;
}
inline std::string name_of(wasm_trap_t* trap) {
  std::uint8_t code = 0;
  const bool has_code = wasmtime_trap_code(trap, &code);
  wasm_trap_delete(trap);
  constexpr std::uint8_t out_of_bounds = 1;
  return has_code && code == out_of_bounds ? "out of bounds" : "trap " + std::to_string(code);
}

using settings = void (*)(wasm_config_t*);
inline void nothing_else(wasm_config_t*) {}

/// All features on, and whatever else `set` sets.
template <class Set>
auto engine_with(Set set) {
  wasm_config_t* const config = wasm_config_new();
  wasmtime_config_wasm_memory64_set(config, true);
  wasmtime_config_wasm_threads_set(config, true);
  wasmtime_config_shared_memory_set(config, true);
  wasmtime_config_wasm_custom_page_sizes_set(config, true);
  wasmtime_config_wasm_function_references_set(config, true);
  wasmtime_config_wasm_gc_set(config, true);
  wasmtime_config_wasm_multi_memory_set(config, true);
  set(config);
  return std::unique_ptr<wasm_engine_t, decltype(&wasm_engine_delete)>(wasm_engine_new_with_config(config),
                                                                       &wasm_engine_delete);
}
using engine = decltype(engine_with([](wasm_config_t*) {}));

class module {
 public:
  module(wasm_engine_t* on, std::string_view text) {
    wasm_byte_vec_t binary{};
    problem_ = message_of(wasmtime_wat2wasm(text.data(), text.size(), &binary));
    if (!problem_.empty()) return;
    problem_ = message_of(wasmtime_module_new(on, bytes_of(binary), binary.size, &made_));
    wasm_byte_vec_delete(&binary);
  }
  module(wasm_engine_t* on, std::span<const std::uint8_t> binary) {
    problem_ = message_of(wasmtime_module_new(on, binary.data(), binary.size(), &made_));
  }
  /// Takes over the code that another engine with the same settings has compiled.
  module(wasm_engine_t* on, const module& compiled) {
    wasm_byte_vec_t code{};
    problem_ = message_of(wasmtime_module_serialize(compiled.get(), &code));
    if (!problem_.empty()) return;
    problem_ = message_of(wasmtime_module_deserialize(on, bytes_of(code), code.size, &made_));
    wasm_byte_vec_delete(&code);
  }
  module(const module&) = delete;
  module& operator=(const module&) = delete;
  ~module() {
    if (made_ != nullptr) wasmtime_module_delete(made_);
  }
  [[nodiscard]] const wasmtime_module_t* get() const { return made_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  static const std::uint8_t* bytes_of(const wasm_byte_vec_t& v) {
    return reinterpret_cast<const std::uint8_t*>(v.data);
  }

  wasmtime_module_t* made_ = nullptr;
  std::string problem_;
};

class instance {
 public:
  instance(wasm_engine_t* on, const module& from, std::initializer_list<wasmtime_extern_t> imports = {})
      : instance(on, [&](instance& made, wasm_trap_t** trap) {
          return wasmtime_instance_new(made.context(), from.get(), imports.begin(), imports.size(), &made.made_, trap);
        }) {}
  /// Its imports are found by name.
  instance(wasm_engine_t* on, const module& from, const wasmtime_linker_t* imports)
      : instance(on, [&](instance& made, wasm_trap_t** trap) {
          return wasmtime_linker_instantiate(imports, made.context(), from.get(), &made.made_, trap);
        }) {}
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] wasmtime_context_t* context() const { return wasmtime_store_context(store_.get()); }
  [[nodiscard]] wasmtime_extern_t exported(std::string_view name) const {
    wasmtime_extern_t found{};
    if (!wasmtime_instance_export_get(context(), &made_, name.data(), name.size(), &found)) std::abort();
    return found;
  }

  /// Calls a function that takes numbers of one type, 32 or 64 bits wide, and returns `results` of them.
  std::string call(std::string_view name, std::initializer_list<std::int64_t> arguments,
                   std::uint8_t type = WASMTIME_I32, std::size_t results = 1) const {
    const wasmtime_extern_t function = exported(name);
    const std::vector<wasmtime_val_t> given = values(arguments, type);
    wasmtime_val_t result{};
    wasm_trap_t* trap = nullptr;
    const std::string error = message_of(
        wasmtime_func_call(context(), &function.of.func, given.data(), given.size(), &result, results, &trap));
    if (!error.empty()) return error;
    if (trap != nullptr) return name_of(trap);
    return results == 0 ? "done" : std::to_string(type == WASMTIME_I64 ? result.of.i64 : result.of.i32);
  }
  static std::vector<wasmtime_val_t> values(std::initializer_list<std::int64_t> arguments, std::uint8_t type) {
    std::vector<wasmtime_val_t> given;
    for (const std::int64_t each : arguments) {
      wasmtime_val_t value{.kind = type, .of = {}};
      if (type == WASMTIME_I64)
        value.of.i64 = each;
      else
        value.of.i32 = static_cast<std::int32_t>(each);
      given.push_back(value);
    }
    return given;
  }

 private:
  template <class Make>
  instance(wasm_engine_t* on, Make make) : store_(wasmtime_store_new(on, nullptr, nullptr), &wasmtime_store_delete) {
    wasm_trap_t* trap = nullptr;
    problem_ = message_of(make(*this, &trap));
    if (trap != nullptr) problem_ = name_of(trap);
  }

  std::unique_ptr<wasmtime_store_t, decltype(&wasmtime_store_delete)> store_;
  wasmtime_instance_t made_{};
  std::string problem_;
};

}  // namespace quire::test
