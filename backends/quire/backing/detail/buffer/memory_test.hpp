// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether memory keeps what is written into it, determined by writing; the contents are the same afterwards.
#include <bit>
#include <concepts>
#include <cstdint>

#include <quire/store.hpp>

namespace quire::backing {

/// A store through which its memory is read and written if a plain access does not reach the cells: because a cache
/// must be bypassed, or a fault is simulated.
template <class S>
concept cell_store = requires(std::uintptr_t* p, std::uintptr_t value) {
  { S::read_cell(p) } noexcept -> std::same_as<std::uintptr_t>;
  { S::write_cell(p, value) } noexcept -> std::same_as<void>;
};

namespace detail {

template <class S>
class memory_test {
 public:
  /// A transparent march over the words of `r`, which is aligned to them: each is inverted and read back, twice, which
  /// restores it. A stuck bit shows at once. Two addresses of one cell, and a write that changes another cell, show
  /// because the second pass does not find what the first one left. Precondition: no other thread touches the memory.
  [[nodiscard]] static bool passes(page_run r) noexcept {
    auto* const begin = reinterpret_cast<std::uintptr_t*>(r.base);
    auto* const end = begin + r.bytes / sizeof(std::uintptr_t);
    std::uint32_t left = 0, found = 0;
    for (auto* p = begin; p != end; ++p) {
      const std::uintptr_t before = read(p);
      left = folded(left, ~before);
      if (!keeps(p, ~before)) {
        write(p, before);
        while (p != begin) invert(--p);
        return false;
      }
    }
    bool good = true;
    for (auto* p = begin; p != end; ++p) {
      const std::uintptr_t inverted = read(p);
      found = folded(found, inverted);
      good = keeps(p, ~inverted) && good;
    }
    return good && found == left;
  }

 private:
  /// FNV-1a, a word at a time, and rotated: its multiplication keeps the highest bit in place, so two such bits would
  /// cancel. The result depends on the order too.
  static constexpr std::uint32_t folded(std::uint32_t sum, std::uintptr_t word) noexcept {
    constexpr std::uint32_t prime = 0x01000193;
    if constexpr (sizeof(word) > 4) sum = std::rotl((sum ^ static_cast<std::uint32_t>(word >> 16 >> 16)) * prime, 11);
    return std::rotl((sum ^ static_cast<std::uint32_t>(word)) * prime, 11);
  }
  static std::uintptr_t read(std::uintptr_t* p) noexcept {
    if constexpr (cell_store<S>) return S::read_cell(p);
    return *static_cast<volatile std::uintptr_t*>(p);
  }
  static void write(std::uintptr_t* p, std::uintptr_t value) noexcept {
    if constexpr (cell_store<S>)
      S::write_cell(p, value);
    else
      *static_cast<volatile std::uintptr_t*>(p) = value;
  }
  static bool keeps(std::uintptr_t* p, std::uintptr_t value) noexcept {
    write(p, value);
    return read(p) == value;
  }
  static void invert(std::uintptr_t* p) noexcept { write(p, ~read(p)); }
};

}  // namespace detail
}  // namespace quire::backing
