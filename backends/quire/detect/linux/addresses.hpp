#pragma once
// How far addresses of mappings reach, found by mapping one page.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace quire::detail {

/// Bits of the address that a page gets which would like to lie at `request`.
template <class Calls>
[[nodiscard]] std::optional<unsigned> bits_obtained(std::uintptr_t request) noexcept {
  const std::size_t page = Calls::page_bytes();
  const auto got = Calls::mmap(reinterpret_cast<void*>(request), page, Calls::prot_none, Calls::map_reservation);
  if (got.error != 0) return std::nullopt;
  (void)Calls::munmap(got.address, page);
  return static_cast<unsigned>(std::bit_width(reinterpret_cast<std::uintptr_t>(got.address)));
}

/// Kernels that can give more than is usual (57 bits on x86, 52 on arm64) do so only where an address is asked for.
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

/// Mappings are placed below the stack, so one of both has the highest address. (Where they are placed upwards, because
/// the stack is unlimited, only the first thread's stack tells.)
template <class Calls>
[[nodiscard]] std::optional<unsigned> default_address_bits() noexcept {
  const int on_stack = 0;
  const auto mapped = bits_obtained<Calls>(0);
  const auto stack = static_cast<unsigned>(std::bit_width(reinterpret_cast<std::uintptr_t>(&on_stack)));
  return mapped ? std::optional(std::max(*mapped, stack)) : std::nullopt;
}

}  // namespace quire::detail
