// SPDX-License-Identifier: BSL-1.0
#pragma once
// Code that a program has generated, as a plain value.
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace quire {

/// Code that can run.
struct jit_code {
  const std::byte* base = nullptr;
  std::size_t bytes = 0;

  /// The function that begins `offset` bytes behind the base: `entry<int(int)>()`.
  template <class F>
    requires std::is_function_v<F>
  [[nodiscard]] F* entry(std::size_t offset = 0) const noexcept {
    return reinterpret_cast<F*>(reinterpret_cast<std::uintptr_t>(base + offset));
  }
  friend constexpr bool operator==(const jit_code&, const jit_code&) = default;
};

}  // namespace quire
