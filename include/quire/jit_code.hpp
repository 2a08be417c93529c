#pragma once
// Code that a program has generated, as a plain value, and what its memory counts.
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

/// What the code and the data of a jit_memory take.
struct jit_statistics {
  std::size_t functions = 0;
  std::size_t code = 0;  // bytes of these, in whole granules
  std::size_t data = 0;  // bytes, in whole pages
  std::size_t span = 0;  // bytes of address space for both, and slabs of it that are in use
  std::size_t slabs = 0;

  friend constexpr bool operator==(const jit_statistics&, const jit_statistics&) = default;
};

}  // namespace quire
