// SPDX-License-Identifier: BSL-1.0
// Those declarations of the Unified Memory Framework 1.2 that the adapter uses, here and in the headers beside this
// one. Programs with UMF itself include its own headers.
#pragma once
#include <cstddef>
#include <cstdint>

#define UMF_MAKE_VERSION(major, minor) ((major) << 16 | (minor))

extern "C" {

typedef enum umf_result_t {
  UMF_RESULT_SUCCESS = 0,
  UMF_RESULT_ERROR_OUT_OF_HOST_MEMORY = 1,
  UMF_RESULT_ERROR_MEMORY_PROVIDER_SPECIFIC = 2,
  UMF_RESULT_ERROR_INVALID_ARGUMENT = 3,
  UMF_RESULT_ERROR_INVALID_ALIGNMENT = 4,
  UMF_RESULT_ERROR_NOT_SUPPORTED = 5
} umf_result_t;

}  // extern "C"
