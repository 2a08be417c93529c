// SPDX-License-Identifier: BSL-1.0
#pragma once
// quire::result<T>, and the check of the compiler's minimum version, which is here because the other headers include
// this one, directly or indirectly.
#if !defined(__cplusplus) || __cplusplus <= 202002L
#error "quire needs C++23: pass -std=c++23 (GCC 12, or Clang 19 with libstdc++, or Clang 16 with libc++, or newer)"
#endif
#include <version>
#if !defined(__cpp_lib_expected)
#error "quire needs <expected>: GCC 12's libstdc++ (read by GCC 12 or Clang 19) or libc++ 16, or newer"
#endif
#include <expected>

#include <quire/error.hpp>

namespace quire {

/// What an operation returns: its value, or the error. A plain value; nothing is thrown, and nothing allocated.
template <class T>
using result = std::expected<T, error>;

/// An error as the result of an operation, for stores, adapters and programs that return results of their own.
[[nodiscard]] constexpr std::unexpected<error> failure(errc code, step at, int native = 0) noexcept {
  return std::unexpected<error>(error{code, at, native});
}

}  // namespace quire
