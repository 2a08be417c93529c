// SPDX-License-Identifier: BSL-1.0
#pragma once
// How an error of Quire's becomes one of Wasmtime's.
#include <wasmtime.h>

#include <cstdio>

#include <quire/error.hpp>

namespace quire::engine::detail::wasmtime {

/// Wasmtime owns what is returned.
[[nodiscard]] inline wasmtime_error_t* refusal(const char* what, error why) noexcept {
  char text[200];
  std::snprintf(text, sizeof text, "quire: %s: %s (%s, system code %d)", what, why.message(), name(why.at), why.native);
  return wasmtime_error_new(text);
}

}  // namespace quire::engine::detail::wasmtime
