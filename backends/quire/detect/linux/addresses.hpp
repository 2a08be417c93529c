// SPDX-License-Identifier: BSL-1.0
#pragma once
// How far the addresses of mappings reach, determined by mapping one page.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace quire::detail {

/// The number of bits in the address of a page that is mapped with `request` as a hint.
template <class Calls>
[[nodiscard]] std::optional<unsigned> bits_obtained(std::uintptr_t request) noexcept {
  const std::size_t page = Calls::page_bytes();
  const auto got = Calls::mmap(reinterpret_cast<void*>(request), page, Calls::prot_none, Calls::map_reservation);
  if (got.error != 0) return std::nullopt;
  (void)Calls::munmap(got.address, page);
  return static_cast<unsigned>(std::bit_width(reinterpret_cast<std::uintptr_t>(got.address)));
}

/// Kernels that support more address bits than usual (57 on x86, 52 on arm64) use them only if a hint asks for them.
template <class Calls>
[[nodiscard]] std::optional<unsigned> highest_address_bits() noexcept {
  constexpr unsigned most = std::min(57U, static_cast<unsigned>(sizeof(void*) * 8)), least = 30;
  std::optional<unsigned> best;
  for (unsigned bits = most; bits >= least; --bits) {
    const auto got = bits_obtained<Calls>(std::uintptr_t{3} << (bits - 2));  // the middle of the upper half
    if (!got) return std::nullopt;
    best = std::max(best.value_or(0), *got);
    if (*best >= bits) return best;
  }
  return best;
}

/// Mappings are placed below the stack, so one of the two has the highest address. (If the stack is unlimited, mappings
/// are placed upwards, and only the first thread's stack has a high address.)
template <class Calls>
[[nodiscard]] std::optional<unsigned> default_address_bits() noexcept {
  const int on_stack = 0;
  const auto mapped = bits_obtained<Calls>(0);
  const auto stack = static_cast<unsigned>(std::bit_width(reinterpret_cast<std::uintptr_t>(&on_stack)));
  return mapped ? std::optional(std::max(*mapped, stack)) : std::nullopt;
}

}  // namespace quire::detail
