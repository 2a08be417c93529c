// SPDX-License-Identifier: BSL-1.0
// See base.h.
#pragma once
#include <umf/base.h>

#define UMF_PROVIDER_OPS_VERSION_CURRENT UMF_MAKE_VERSION(1, 2)

extern "C" {

// All others of the structure's functions are optional, and of no interest here: they lie behind `ext_purge_force`.
typedef struct umf_memory_provider_ops_t {
  std::uint32_t version;
  umf_result_t (*initialize)(const void* params, void** provider);
  umf_result_t (*finalize)(void* provider);
  umf_result_t (*alloc)(void* provider, std::size_t size, std::size_t alignment, void** ptr);
  umf_result_t (*free)(void* provider, void* ptr, std::size_t size);
  umf_result_t (*get_last_native_error)(void* provider, const char** message, std::int32_t* code);
  umf_result_t (*get_recommended_page_size)(void* provider, std::size_t size, std::size_t* page);
  umf_result_t (*get_min_page_size)(void* provider, const void* ptr, std::size_t* page);
  umf_result_t (*get_name)(void* provider, const char** name);
  umf_result_t (*ext_purge_lazy)(void* provider, void* ptr, std::size_t size);
  umf_result_t (*ext_purge_force)(void* provider, void* ptr, std::size_t size);
  umf_result_t (*get_cache_line_size)(void* provider, std::size_t* size);
} umf_memory_provider_ops_t;

}  // extern "C"
