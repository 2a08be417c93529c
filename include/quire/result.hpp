#pragma once
// quire::result<T>, and the floor under the compilers: everything else includes this file first or last.
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

template <class T>
using result = std::expected<T, error>;

[[nodiscard]] constexpr std::unexpected<error> failure(errc code, step at, int native = 0) noexcept {
  return std::unexpected<error>(error{code, at, native});
}

}  // namespace quire
