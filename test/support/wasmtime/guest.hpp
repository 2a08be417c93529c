// SPDX-License-Identifier: BSL-1.0
#pragma once
// A module from a package as a test runs it: the imports that it calls are functions of the test or WASI's, found by
// name, and all others trap.
#include <wasmtime.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/wasmtime/engines.hpp"

namespace quire::test {

/// A module's memory, from inside one of its calls or from outside. It throws where the module's address is wrong.
class guest_memory {
 public:
  guest_memory(wasmtime_context_t* in, const wasmtime_extern_t& exported) : in_(in), memory_(exported.of.memory) {}

  [[nodiscard]] std::size_t size() const { return wasmtime_memory_data_size(in_, &memory_); }
  [[nodiscard]] std::span<std::uint8_t> at(std::uint32_t address, std::size_t bytes) const {
    if (address > size() || bytes > size() - address) throw std::out_of_range("an address behind the module's memory");
    return {wasmtime_memory_data(in_, &memory_) + address, bytes};
  }
  [[nodiscard]] std::span<std::uint8_t> all() const { return at(0, size()); }
  [[nodiscard]] std::uint32_t word(std::uint32_t address) const {
    std::uint32_t value = 0;
    std::memcpy(&value, at(address, sizeof value).data(), sizeof value);
    return value;
  }
  [[nodiscard]] std::string bytes(std::uint32_t address, std::size_t count) const {
    const auto there = at(address, count);
    return {there.begin(), there.end()};
  }
  /// A string that ends with a zero.
  [[nodiscard]] std::string text(std::uint32_t address) const {
    const auto rest = at(address, size() - std::min<std::size_t>(address, size()));
    return {rest.begin(), std::find(rest.begin(), rest.end(), 0)};
  }
  void write(std::uint32_t address, std::string_view bytes) const {
    std::memcpy(at(address, bytes.size()).data(), bytes.data(), bytes.size());
  }
  /// Makes it at least as large. Returns whether it is.
  [[nodiscard]] bool grow_to(std::uint64_t bytes) const {
    constexpr std::uint64_t page = 65536;
    const std::uint64_t wanted = (bytes + page - 1) / page, had = wasmtime_memory_size(in_, &memory_);
    std::uint64_t before = 0;
    return wanted <= had || message_of(wasmtime_memory_grow(in_, &memory_, wanted - had, &before)).empty();
  }

 private:
  wasmtime_context_t* in_;
  wasmtime_memory_t memory_;
};

/// An import that takes numbers of 32 bits and returns one.
struct host_function {
  const char* name;
  std::uint32_t (*call)(const guest_memory&, std::span<const wasmtime_val_t>);
};

/// What a module is named as a file, what it calls its memory, and what it needs of its host.
struct guest_module {
  const char* file;
  const char* memory = "memory";
  std::span<const host_function> host{};
  std::span<const char* const> arguments{};  // of a program for WASI
  settings set = &nothing_else;              // what else to set in engines that it runs on
};

class guest {
 public:
  guest(wasm_engine_t* on, const module& from, const guest_module& what)
      : what_(what), instance_(on, from, imports(on, from, what).get()) {
    if (!instance_.problem().empty()) throw std::runtime_error(instance_.problem());
    if (!what.arguments.empty()) set_wasi();
  }
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  [[nodiscard]] guest_memory memory() const { return {instance_.context(), instance_.exported(what_.memory)}; }
  /// What the program has written to its standard output.
  [[nodiscard]] const std::string& output() const { return output_; }

  void run(std::string_view name, std::initializer_list<std::int64_t> arguments = {}) const {
    const std::string told = instance_.call(name, arguments, WASMTIME_I32, 0);
    if (told != "done") throw std::runtime_error(std::string(name) + ": " + told);
  }
  [[nodiscard]] std::uint32_t call(std::string_view name, std::initializer_list<std::int64_t> arguments) const {
    const std::string told = instance_.call(name, arguments);
    std::int32_t number = 0;
    if (std::from_chars(told.data(), told.data() + told.size(), number).ptr != told.data() + told.size())
      throw std::runtime_error(std::string(name) + ": " + told);
    return static_cast<std::uint32_t>(number);
  }

 private:
  using linker = std::unique_ptr<wasmtime_linker_t, decltype(&wasmtime_linker_delete)>;
  struct binding {
    host_function function;
    const char* memory;
  };

  static void expect_success(wasmtime_error_t* error) {
    if (error != nullptr) throw std::runtime_error(message_of(error));
  }

  static linker imports(wasm_engine_t* on, const module& from, const guest_module& what) {
    if (!from.problem().empty()) throw std::runtime_error(from.problem());
    linker made(wasmtime_linker_new(on), &wasmtime_linker_delete);
    if (!what.arguments.empty()) expect_success(wasmtime_linker_define_wasi(made.get()));
    wasm_importtype_vec_t all{};
    wasmtime_module_imports(from.get(), &all);
    for (const wasm_importtype_t* each : std::span(all.data, all.size)) define(made.get(), *each, what);
    wasm_importtype_vec_delete(&all);
    expect_success(wasmtime_linker_define_unknown_imports_as_traps(made.get(), from.get()));
    return made;
  }
  /// Defines one import if the module's host has it.
  static void define(wasmtime_linker_t* in, const wasm_importtype_t& import, const guest_module& what) {
    const wasm_byte_vec_t &space = *wasm_importtype_module(&import), &name = *wasm_importtype_name(&import);
    const auto found = std::find_if(what.host.begin(), what.host.end(), [&](const host_function& each) {
      return std::string_view(name.data, name.size) == each.name;
    });
    if (found == what.host.end()) return;
    expect_success(wasmtime_linker_define_func(in, space.data, space.size, name.data, name.size,
                                               wasm_externtype_as_functype_const(wasm_importtype_type(&import)), &enter,
                                               new binding{*found, what.memory}, &drop));
  }
  static void drop(void* bound) { delete static_cast<binding*>(bound); }
  static wasm_trap_t* enter(void* env, wasmtime_caller_t* caller, const wasmtime_val_t* arguments, std::size_t count,
                            wasmtime_val_t* result, std::size_t) {
    const binding& bound = *static_cast<binding*>(env);
    wasmtime_extern_t memory{};
    if (!wasmtime_caller_export_get(caller, bound.memory, std::strlen(bound.memory), &memory)) std::abort();
    try {
      const guest_memory of_caller(wasmtime_caller_context(caller), memory);
      *result = {.kind = WASMTIME_I32, .of = {}};
      result->of.i32 = static_cast<std::int32_t>(bound.function.call(of_caller, {arguments, count}));
      return nullptr;
    } catch (const std::exception& failed) {  // which must not pass through the engine's frames
      return wasmtime_trap_new(failed.what(), std::strlen(failed.what()));
    }
  }

  void set_wasi() {
    wasi_config_t* const config = wasi_config_new();
    std::vector<const char*> words(what_.arguments.begin(), what_.arguments.end());
    wasi_config_set_argv(config, words.size(), words.data());
    const auto write = [](void* self, const unsigned char* bytes, std::size_t count) {
      static_cast<guest*>(self)->output_.append(reinterpret_cast<const char*>(bytes), count);
      return static_cast<std::ptrdiff_t>(count);
    };
    wasi_config_set_stdout_custom(config, write, this, nullptr);
    expect_success(wasmtime_context_set_wasi(instance_.context(), config));
  }

  const guest_module& what_;
  std::string output_;
  instance instance_;
};

/// Calls of hosts that the compilers of such modules expect.
namespace host {
inline std::uint32_t resize_heap(const guest_memory& of_caller, std::span<const wasmtime_val_t> arguments) {
  return of_caller.grow_to(static_cast<std::uint32_t>(arguments[0].of.i32));
}
inline std::uint32_t memcpy_big(const guest_memory& of_caller, std::span<const wasmtime_val_t> arguments) {
  const auto number = [&](std::size_t i) { return static_cast<std::uint32_t>(arguments[i].of.i32); };
  std::memcpy(of_caller.at(number(0), number(2)).data(), of_caller.at(number(1), number(2)).data(), number(2));
  return number(0);
}
}  // namespace host

}  // namespace quire::test
