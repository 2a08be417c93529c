// SPDX-License-Identifier: BSL-1.0
// See base.h.
#pragma once
#include <umf/memory_provider_ops.h>

extern "C" {

typedef struct umf_memory_provider_t* umf_memory_provider_handle_t;

umf_result_t umfMemoryProviderCreate(const umf_memory_provider_ops_t* ops, const void* params,
                                     umf_memory_provider_handle_t* made);
umf_result_t umfMemoryProviderDestroy(umf_memory_provider_handle_t provider);

}  // extern "C"
