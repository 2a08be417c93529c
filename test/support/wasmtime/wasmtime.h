// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the adapter, its tests and the benchmarks use of the C API of Wasmtime 50, declared anew, so that they compile
// without its headers. The library itself is fetched when they run.
#include <cstddef>
#include <cstdint>

extern "C" {

struct wasi_config_t;
struct wasm_config_t;
struct wasm_engine_t;
struct wasm_externtype_t;
struct wasm_frame_t;
struct wasm_functype_t;
struct wasm_importtype_t;
struct wasm_memorytype_t;
struct wasm_trap_t;
struct wasmtime_call_future_t;
struct wasmtime_caller_t;
struct wasmtime_context_t;
struct wasmtime_error_t;
struct wasmtime_instance_pre_t;
struct wasmtime_linker_t;
struct wasmtime_module_t;
struct wasmtime_pooling_allocation_config_t;
struct wasmtime_sharedmemory_t;
struct wasmtime_store_t;

struct wasm_byte_vec_t {
  std::size_t size;
  char* data;
};
struct wasm_importtype_vec_t {
  std::size_t size;
  wasm_importtype_t** data;
};
struct wasmtime_instance_t {
  std::uint64_t store;
  std::size_t index;
};
struct wasmtime_func_t {
  std::uint64_t store;
  void* index;
};
struct wasmtime_memory_t {
  std::uint64_t store;
  std::uint64_t index[2];
};
enum : std::uint8_t { WASMTIME_EXTERN_FUNC = 0, WASMTIME_EXTERN_MEMORY = 3, WASMTIME_EXTERN_SHAREDMEMORY = 4 };
struct wasmtime_extern_t {
  std::uint8_t kind;
  union {
    wasmtime_func_t func;
    wasmtime_memory_t memory;
    wasmtime_sharedmemory_t* sharedmemory;
    std::uint64_t room[3];
  } of;
};
enum : std::uint8_t { WASMTIME_I32 = 0, WASMTIME_I64 = 1 };
struct wasmtime_val_t {
  std::uint8_t kind;
  union {
    std::int32_t i32;
    std::int64_t i64;
    std::uint64_t room[3];
  } of;
};

/// An argument or a result of an unchecked call: 16 bytes, as the widest is a vector.
union wasmtime_val_raw_t {
  std::int32_t i32;
  alignas(8) std::uint64_t room[2];
};

// The hooks.

struct wasmtime_linear_memory_t {
  void* env;
  std::uint8_t* (*get_memory)(void* env, std::size_t* size, std::size_t* capacity);
  wasmtime_error_t* (*grow_memory)(void* env, std::size_t bytes);
  void (*finalizer)(void*);
};
struct wasmtime_memory_creator_t {
  void* env;
  wasmtime_error_t* (*new_memory)(void* env, const wasm_memorytype_t*, std::size_t minimum, std::size_t maximum,
                                  std::size_t reserved, std::size_t guard, wasmtime_linear_memory_t*);
  void (*finalizer)(void*);
};
void wasmtime_config_host_memory_creator_set(wasm_config_t*, wasmtime_memory_creator_t*);

struct wasmtime_stack_memory_t {
  void* env;
  std::uint8_t* (*get_stack_memory)(void* env, std::size_t* bytes);
  void (*finalizer)(void*);
};
typedef wasmtime_error_t* (*wasmtime_new_stack_memory_callback_t)(void* env, std::size_t bytes, bool zeroed,
                                                                  wasmtime_stack_memory_t*);
struct wasmtime_stack_creator_t {
  void* env;
  wasmtime_new_stack_memory_callback_t new_stack;
  void (*finalizer)(void*);
};
void wasmtime_config_host_stack_creator_set(wasm_config_t*, wasmtime_stack_creator_t*);

// Settings and engines.

wasm_config_t* wasm_config_new();
void wasmtime_config_memory_init_cow_set(wasm_config_t*, bool);
void wasmtime_config_memory_may_move_set(wasm_config_t*, bool);
void wasmtime_config_memory_reservation_set(wasm_config_t*, std::uint64_t);
void wasmtime_config_memory_guard_size_set(wasm_config_t*, std::uint64_t);
void wasmtime_config_memory_reservation_for_growth_set(wasm_config_t*, std::uint64_t);
void wasmtime_config_parallel_compilation_set(wasm_config_t*, bool);
enum : std::uint8_t { WASMTIME_OPT_LEVEL_NONE = 0 };
void wasmtime_config_cranelift_opt_level_set(wasm_config_t*, std::uint8_t);
enum : std::uint8_t { WASMTIME_REGALLOC_SINGLE_PASS = 1 };
void wasmtime_config_cranelift_regalloc_algorithm_set(wasm_config_t*, std::uint8_t);
void wasmtime_config_wasm_memory64_set(wasm_config_t*, bool);
void wasmtime_config_wasm_threads_set(wasm_config_t*, bool);
void wasmtime_config_shared_memory_set(wasm_config_t*, bool);
void wasmtime_config_wasm_custom_page_sizes_set(wasm_config_t*, bool);
void wasmtime_config_wasm_gc_set(wasm_config_t*, bool);
void wasmtime_config_wasm_function_references_set(wasm_config_t*, bool);
void wasmtime_config_wasm_multi_memory_set(wasm_config_t*, bool);
wasmtime_pooling_allocation_config_t* wasmtime_pooling_allocation_config_new();
void wasmtime_pooling_allocation_config_total_memories_set(wasmtime_pooling_allocation_config_t*, std::uint32_t);
void wasmtime_pooling_allocation_config_total_core_instances_set(wasmtime_pooling_allocation_config_t*, std::uint32_t);
void wasmtime_pooling_allocation_config_max_memory_size_set(wasmtime_pooling_allocation_config_t*, std::size_t);
void wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(wasmtime_pooling_allocation_config_t*,
                                                                        std::size_t);
void wasmtime_pooling_allocation_config_delete(wasmtime_pooling_allocation_config_t*);
void wasmtime_pooling_allocation_strategy_set(wasm_config_t*, const wasmtime_pooling_allocation_config_t*);
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t*);
void wasm_engine_delete(wasm_engine_t*);

// Modules, and what lives in a store.

wasmtime_error_t* wasmtime_wat2wasm(const char* text, std::size_t, wasm_byte_vec_t*);
wasmtime_error_t* wasmtime_module_new(wasm_engine_t*, const std::uint8_t*, std::size_t, wasmtime_module_t**);
void wasmtime_module_delete(wasmtime_module_t*);
wasmtime_error_t* wasmtime_module_serialize(const wasmtime_module_t*, wasm_byte_vec_t*);
wasmtime_error_t* wasmtime_module_deserialize(wasm_engine_t*, const std::uint8_t*, std::size_t, wasmtime_module_t**);
void wasmtime_module_imports(const wasmtime_module_t*, wasm_importtype_vec_t*);
void wasm_importtype_vec_delete(wasm_importtype_vec_t*);
const wasm_byte_vec_t* wasm_importtype_module(const wasm_importtype_t*);
const wasm_byte_vec_t* wasm_importtype_name(const wasm_importtype_t*);
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t*);
const wasm_functype_t* wasm_externtype_as_functype_const(const wasm_externtype_t*);
wasmtime_linker_t* wasmtime_linker_new(wasm_engine_t*);
void wasmtime_linker_delete(wasmtime_linker_t*);
typedef wasm_trap_t* (*wasmtime_func_callback_t)(void* env, wasmtime_caller_t*, const wasmtime_val_t*, std::size_t,
                                                 wasmtime_val_t* results, std::size_t);
wasmtime_error_t* wasmtime_linker_define_func(wasmtime_linker_t*, const char* module, std::size_t, const char* name,
                                              std::size_t, const wasm_functype_t*, wasmtime_func_callback_t, void* env,
                                              void (*finalizer)(void*));
wasmtime_error_t* wasmtime_linker_define_unknown_imports_as_traps(wasmtime_linker_t*, const wasmtime_module_t*);
wasmtime_error_t* wasmtime_linker_define_wasi(wasmtime_linker_t*);
wasmtime_error_t* wasmtime_linker_instantiate(const wasmtime_linker_t*, wasmtime_context_t*, const wasmtime_module_t*,
                                              wasmtime_instance_t*, wasm_trap_t**);
wasmtime_error_t* wasmtime_linker_instantiate_pre(const wasmtime_linker_t*, const wasmtime_module_t*,
                                                  wasmtime_instance_pre_t**);
wasmtime_error_t* wasmtime_instance_pre_instantiate(const wasmtime_instance_pre_t*, wasmtime_context_t*,
                                                    wasmtime_instance_t*, wasm_trap_t**);
void wasmtime_instance_pre_delete(wasmtime_instance_pre_t*);
wasmtime_store_t* wasmtime_store_new(wasm_engine_t*, void* data, void (*finalizer)(void*));
wasmtime_context_t* wasmtime_store_context(wasmtime_store_t*);
void wasmtime_store_delete(wasmtime_store_t*);
wasmtime_error_t* wasmtime_instance_new(wasmtime_context_t*, const wasmtime_module_t*, const wasmtime_extern_t* imports,
                                        std::size_t, wasmtime_instance_t*, wasm_trap_t**);
bool wasmtime_instance_export_get(wasmtime_context_t*, const wasmtime_instance_t*, const char* name, std::size_t,
                                  wasmtime_extern_t*);
wasmtime_error_t* wasmtime_func_call(wasmtime_context_t*, const wasmtime_func_t*, const wasmtime_val_t*, std::size_t,
                                     wasmtime_val_t* results, std::size_t, wasm_trap_t**);
wasmtime_error_t* wasmtime_func_call_unchecked(wasmtime_context_t*, const wasmtime_func_t*, wasmtime_val_raw_t*,
                                               std::size_t, wasm_trap_t**);
wasmtime_call_future_t* wasmtime_func_call_async(wasmtime_context_t*, const wasmtime_func_t*, const wasmtime_val_t*,
                                                 std::size_t, wasmtime_val_t* results, std::size_t, wasm_trap_t**,
                                                 wasmtime_error_t**);
bool wasmtime_call_future_poll(wasmtime_call_future_t*);
void wasmtime_call_future_delete(wasmtime_call_future_t*);
bool wasmtime_caller_export_get(wasmtime_caller_t*, const char* name, std::size_t, wasmtime_extern_t*);
wasmtime_context_t* wasmtime_caller_context(wasmtime_caller_t*);
std::uint8_t* wasmtime_memory_data(const wasmtime_context_t*, const wasmtime_memory_t*);
std::size_t wasmtime_memory_data_size(const wasmtime_context_t*, const wasmtime_memory_t*);
std::uint64_t wasmtime_memory_size(const wasmtime_context_t*, const wasmtime_memory_t*);
wasmtime_error_t* wasmtime_memory_grow(wasmtime_context_t*, const wasmtime_memory_t*, std::uint64_t pages,
                                       std::uint64_t* before);
wasmtime_sharedmemory_t* wasmtime_sharedmemory_clone(const wasmtime_sharedmemory_t*);
void wasmtime_sharedmemory_delete(wasmtime_sharedmemory_t*);

// WASI, in which a program of its own writes and ends.

wasi_config_t* wasi_config_new();
bool wasi_config_set_argv(wasi_config_t*, std::size_t, const char** words);
void wasi_config_set_stdout_custom(wasi_config_t*,
                                   std::ptrdiff_t (*write)(void* env, const unsigned char*, std::size_t), void* env,
                                   void (*finalizer)(void*));
wasmtime_error_t* wasmtime_context_set_wasi(wasmtime_context_t*, wasi_config_t*);

// Errors and traps.

wasmtime_error_t* wasmtime_error_new(const char*);
void wasmtime_error_message(const wasmtime_error_t*, wasm_byte_vec_t*);
void wasmtime_error_delete(wasmtime_error_t*);
bool wasmtime_trap_code(const wasm_trap_t*, std::uint8_t*);
wasm_trap_t* wasmtime_trap_new(const char*, std::size_t);
wasm_frame_t* wasm_trap_origin(const wasm_trap_t*);
std::uint32_t wasm_frame_func_index(const wasm_frame_t*);
std::size_t wasm_frame_module_offset(const wasm_frame_t*);
void wasm_frame_delete(wasm_frame_t*);
void wasm_trap_delete(wasm_trap_t*);
void wasm_byte_vec_delete(wasm_byte_vec_t*);
}
