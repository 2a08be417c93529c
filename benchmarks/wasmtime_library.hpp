#pragma once
// The part of Wasmtime's C API that one life of an instance needs, under Wasmtime's names. The library is fetched and
// loaded when a question needs it, so no header of it is there when this is compiled.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

namespace bench {

struct wasm_config_t;
struct wasm_engine_t;
struct wasm_trap_t;
struct wasmtime_context_t;
struct wasmtime_error_t;
struct wasmtime_instance_pre_t;
struct wasmtime_linker_t;
struct wasmtime_module_t;
struct wasmtime_pooling_allocation_config_t;
struct wasmtime_store_t;

struct wasm_byte_vec_t {
  std::size_t size;
  char* data;
};
struct wasmtime_instance_t {
  std::uint64_t store;
  std::size_t index;
};
struct wasmtime_func_t {
  std::uint64_t store;
  void* index;
};
/// What an instance exports. Its other kinds are no larger than a function is.
struct wasmtime_extern_t {
  std::uint8_t kind;
  union {
    wasmtime_func_t function;
    std::byte room[32];
  };
};
/// An argument or a result: 16 bytes, as the widest is a vector.
union wasmtime_val_raw_t {
  std::int32_t i32;
  alignas(8) std::byte room[16];
};

/// A loaded library, which stays: Wasmtime leaves handlers of signals behind.
class loaded_library {
 public:
  explicit loaded_library(const char* path);

  /// The address of a function, of whatever type it is.
  struct symbol {
    void* address;
    template <class Function>
    operator Function*() const {
      return reinterpret_cast<Function*>(address);
    }
  };
  [[nodiscard]] symbol operator[](const char* name);

  /// Why the library, or a function in it, is missing; or empty.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void* handle_;
  std::string problem_;
};

/// An error is returned as an object, which is null after success.
struct wasmtime_library {
  loaded_library from;

  wasm_config_t* (*config_new)() = from["wasm_config_new"];
  void (*parallel_compilation_set)(wasm_config_t*, bool) = from["wasmtime_config_parallel_compilation_set"];
  void (*pooling_set)(wasm_config_t*,
                      const wasmtime_pooling_allocation_config_t*) = from["wasmtime_pooling_allocation_strategy_set"];

  wasmtime_pooling_allocation_config_t* (*pooling_new)() = from["wasmtime_pooling_allocation_config_new"];
  void (*pooling_delete)(wasmtime_pooling_allocation_config_t*) = from["wasmtime_pooling_allocation_config_delete"];
  void (*total_memories_set)(wasmtime_pooling_allocation_config_t*,
                             std::uint32_t) = from["wasmtime_pooling_allocation_config_total_memories_set"];
  void (*total_core_instances_set)(wasmtime_pooling_allocation_config_t*,
                                   std::uint32_t) = from["wasmtime_pooling_allocation_config_total_core_instances_set"];
  void (*max_memory_size_set)(wasmtime_pooling_allocation_config_t*,
                              std::size_t) = from["wasmtime_pooling_allocation_config_max_memory_size_set"];
  void (*linear_memory_keep_resident_set)(wasmtime_pooling_allocation_config_t*, std::size_t) =
      from["wasmtime_pooling_allocation_config_linear_memory_keep_resident_set"];

  /// Takes the configuration with it. Ends the process if the pool cannot be reserved.
  wasm_engine_t* (*engine_new_with_config)(wasm_config_t*) = from["wasm_engine_new_with_config"];
  void (*engine_delete)(wasm_engine_t*) = from["wasm_engine_delete"];

  wasmtime_error_t* (*wat2wasm)(const char* text, std::size_t, wasm_byte_vec_t*) = from["wasmtime_wat2wasm"];
  void (*byte_vec_delete)(wasm_byte_vec_t*) = from["wasm_byte_vec_delete"];
  wasmtime_error_t* (*module_new)(wasm_engine_t*, const std::uint8_t*, std::size_t,
                                  wasmtime_module_t**) = from["wasmtime_module_new"];
  void (*module_delete)(wasmtime_module_t*) = from["wasmtime_module_delete"];
  wasmtime_linker_t* (*linker_new)(wasm_engine_t*) = from["wasmtime_linker_new"];
  void (*linker_delete)(wasmtime_linker_t*) = from["wasmtime_linker_delete"];
  wasmtime_error_t* (*instantiate_pre)(const wasmtime_linker_t*, const wasmtime_module_t*,
                                       wasmtime_instance_pre_t**) = from["wasmtime_linker_instantiate_pre"];
  void (*instance_pre_delete)(wasmtime_instance_pre_t*) = from["wasmtime_instance_pre_delete"];

  wasmtime_store_t* (*store_new)(wasm_engine_t*, void* data, void (*finalizer)(void*)) = from["wasmtime_store_new"];
  wasmtime_context_t* (*store_context)(wasmtime_store_t*) = from["wasmtime_store_context"];
  void (*store_delete)(wasmtime_store_t*) = from["wasmtime_store_delete"];
  wasmtime_error_t* (*instantiate)(const wasmtime_instance_pre_t*, wasmtime_context_t*, wasmtime_instance_t*,
                                   wasm_trap_t**) = from["wasmtime_instance_pre_instantiate"];
  bool (*export_get)(wasmtime_context_t*, const wasmtime_instance_t*, const char* name, std::size_t,
                     wasmtime_extern_t*) = from["wasmtime_instance_export_get"];
  wasmtime_error_t* (*call_unchecked)(wasmtime_context_t*, const wasmtime_func_t*, wasmtime_val_raw_t*, std::size_t,
                                      wasm_trap_t**) = from["wasmtime_func_call_unchecked"];
};

/// Fetches the package unless it is there, and loads the library. The error is the reason why that cannot be done.
[[nodiscard]] std::expected<wasmtime_library, std::string> obtain_wasmtime();

}  // namespace bench
