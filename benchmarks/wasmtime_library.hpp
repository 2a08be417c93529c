// SPDX-License-Identifier: BSL-1.0
#pragma once
// The part of Wasmtime's C API that one life of an instance needs. The library is fetched and loaded when a question
// needs it, and is not there when this is linked.
#include <wasmtime.h>

#include <expected>
#include <string>

#include "loaded_library.hpp"
#include "report.hpp"

namespace bench {

/// An error is returned as an object, which is null after success.
struct wasmtime_library {
  loaded_library from;
  std::string version;

  decltype(&wasm_config_new) config_new = from["wasm_config_new"];
  decltype(&wasmtime_config_parallel_compilation_set) parallel_compilation_set =
      from["wasmtime_config_parallel_compilation_set"];
  decltype(&wasmtime_pooling_allocation_strategy_set) pooling_set = from["wasmtime_pooling_allocation_strategy_set"];

  decltype(&wasmtime_pooling_allocation_config_new) pooling_new = from["wasmtime_pooling_allocation_config_new"];
  decltype(&wasmtime_pooling_allocation_config_delete) pooling_delete =
      from["wasmtime_pooling_allocation_config_delete"];
  decltype(&wasmtime_pooling_allocation_config_total_memories_set) total_memories_set =
      from["wasmtime_pooling_allocation_config_total_memories_set"];
  decltype(&wasmtime_pooling_allocation_config_total_core_instances_set) total_core_instances_set =
      from["wasmtime_pooling_allocation_config_total_core_instances_set"];
  decltype(&wasmtime_pooling_allocation_config_max_memory_size_set) max_memory_size_set =
      from["wasmtime_pooling_allocation_config_max_memory_size_set"];
  decltype(&wasmtime_pooling_allocation_config_linear_memory_keep_resident_set) linear_memory_keep_resident_set =
      from["wasmtime_pooling_allocation_config_linear_memory_keep_resident_set"];

  /// Takes the configuration with it. Ends the process if the pool cannot be reserved.
  decltype(&wasm_engine_new_with_config) engine_new_with_config = from["wasm_engine_new_with_config"];
  decltype(&wasm_engine_delete) engine_delete = from["wasm_engine_delete"];

  decltype(&wasmtime_wat2wasm) wat2wasm = from["wasmtime_wat2wasm"];
  decltype(&wasm_byte_vec_delete) byte_vec_delete = from["wasm_byte_vec_delete"];
  decltype(&wasmtime_module_new) module_new = from["wasmtime_module_new"];
  decltype(&wasmtime_module_delete) module_delete = from["wasmtime_module_delete"];
  decltype(&wasmtime_linker_new) linker_new = from["wasmtime_linker_new"];
  decltype(&wasmtime_linker_delete) linker_delete = from["wasmtime_linker_delete"];
  decltype(&wasmtime_linker_instantiate_pre) instantiate_pre = from["wasmtime_linker_instantiate_pre"];
  decltype(&wasmtime_instance_pre_delete) instance_pre_delete = from["wasmtime_instance_pre_delete"];

  decltype(&wasmtime_store_new) store_new = from["wasmtime_store_new"];
  decltype(&wasmtime_store_context) store_context = from["wasmtime_store_context"];
  decltype(&wasmtime_store_delete) store_delete = from["wasmtime_store_delete"];
  decltype(&wasmtime_instance_pre_instantiate) instantiate = from["wasmtime_instance_pre_instantiate"];
  decltype(&wasmtime_instance_export_get) export_get = from["wasmtime_instance_export_get"];
  decltype(&wasmtime_func_call_unchecked) call_unchecked = from["wasmtime_func_call_unchecked"];

  // What the adapter calls by its own name.
  decltype(&wasmtime_config_memory_init_cow_set) init_cow_set = from["wasmtime_config_memory_init_cow_set"];
  decltype(&wasmtime_config_memory_may_move_set) may_move_set = from["wasmtime_config_memory_may_move_set"];
  decltype(&wasmtime_config_memory_reservation_set) reservation_set = from["wasmtime_config_memory_reservation_set"];
  decltype(&wasmtime_config_memory_guard_size_set) guard_size_set = from["wasmtime_config_memory_guard_size_set"];
  decltype(&wasmtime_config_memory_reservation_for_growth_set) reservation_for_growth_set =
      from["wasmtime_config_memory_reservation_for_growth_set"];
  decltype(&wasmtime_config_host_memory_creator_set) creator_set = from["wasmtime_config_host_memory_creator_set"];
  decltype(&wasmtime_error_new) error_new = from["wasmtime_error_new"];
};

/// Fetches the package unless it is there, and loads the library, once. The error is the reason why that cannot be
/// done.
[[nodiscard]] const std::expected<wasmtime_library, std::string>& obtain_wasmtime();

/// The same, as a peer in this configuration; null if it cannot be had: then `what` is left out, with the reason.
[[nodiscard]] const wasmtime_library* wasmtime_as_peer(report& r, const std::string& what,
                                                       const std::string& configuration);

}  // namespace bench
