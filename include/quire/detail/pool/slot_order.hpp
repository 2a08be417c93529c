// SPDX-License-Identifier: BSL-1.0
#pragma once
// The order in which the slots of a pool lie in memory.
#include <bit>
#include <cstdint>

namespace quire::detail {

/// Numbers of slots to places in their arena, and back: the same number if the seed is 0, else a permutation that the
/// seed decides. A Feistel network permutes the numbers below a power of four; one that leads beyond the arena is
/// permuted again (cycle walking: Black and Rogaway, Ciphers with Arbitrary Finite Domains).
class slot_order {
 public:
  constexpr slot_order() noexcept = default;
  constexpr explicit slot_order(std::uint64_t seed) noexcept : seed_(seed) {}

  [[nodiscard]] constexpr bool is_ascending() const noexcept { return seed_ == 0; }
  [[nodiscard]] constexpr std::uint32_t place_of(std::uint32_t number, std::uint32_t count) const noexcept {
    return walk<&slot_order::forwards>(number, count);
  }
  [[nodiscard]] constexpr std::uint32_t number_at(std::uint32_t place, std::uint32_t count) const noexcept {
    return walk<&slot_order::backwards>(place, count);
  }

 private:
  static constexpr unsigned rounds = 4;

  template <auto Permute>
  constexpr std::uint32_t walk(std::uint32_t from, std::uint32_t count) const noexcept {
    if (is_ascending()) return from;
    const unsigned half = half_of(count);
    std::uint64_t at = from;
    do at = (this->*Permute)(at, half);
    while (at >= count);
    return static_cast<std::uint32_t>(at);
  }
  /// Half of the bits that numbers below `count` have, rounded up, and at least 1.
  static constexpr unsigned half_of(std::uint32_t count) noexcept {
    return count < 2 ? 1 : (33 - static_cast<unsigned>(std::countl_zero(count - 1))) / 2;
  }
  constexpr std::uint64_t forwards(std::uint64_t x, unsigned half) const noexcept {
    std::uint64_t left = x >> half, right = x & ((1U << half) - 1);
    for (unsigned round = 0; round != rounds; ++round) {
      const std::uint64_t next = left ^ mixed(right, round, half);
      left = right;
      right = next;
    }
    return left << half | right;
  }
  constexpr std::uint64_t backwards(std::uint64_t x, unsigned half) const noexcept {
    std::uint64_t left = x >> half, right = x & ((1U << half) - 1);
    for (unsigned round = rounds; round-- != 0;) {
      const std::uint64_t before = right ^ mixed(left, round, half);
      right = left;
      left = before;
    }
    return left << half | right;
  }
  /// The upper bits of a mixed word (the finalizer of MurmurHash3).
  constexpr std::uint64_t mixed(std::uint64_t value, unsigned round, unsigned half) const noexcept {
    std::uint64_t x = seed_ + (value * rounds + round + 1) * 0x9E37'79B9'7F4A'7C15U;
    x = (x ^ x >> 33) * 0xFF51'AFD7'ED55'8CCDU;
    x = (x ^ x >> 33) * 0xC4CE'B9FE'1A85'EC53U;
    return x >> (64 - half);
  }

  std::uint64_t seed_ = 0;
};

}  // namespace quire::detail
