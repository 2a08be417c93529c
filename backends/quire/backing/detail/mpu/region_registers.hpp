// SPDX-License-Identifier: BSL-1.0
#pragma once
// The two registers of one MPU region, as they are written, and a list of such pairs.
#include <array>
#include <cstddef>
#include <cstdint>

#include <quire/access.hpp>

namespace quire::backing::detail {

/// MPU_RBAR with MPU_RASR (PMSAv7) or MPU_RLAR (PMSAv8). In both, bit 0 of the second enables the region.
struct mpu_words {
  std::uint32_t base = 0;
  std::uint32_t rest = 0;

  [[nodiscard]] constexpr bool is_enabled() const noexcept { return (rest & 1) != 0; }
};

/// No part of either architecture has more regions.
inline constexpr std::size_t most_mpu_regions = 16;

/// In the order in which they are written: where regions may overlap, a later one lies on top.
class mpu_list {
 public:
  /// Beyond `most_mpu_regions` regions are only counted: no part can hold the list then.
  constexpr void add(mpu_words w) noexcept {
    if (count_ < most_mpu_regions) words_[count_] = w;
    ++count_;
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr const mpu_words& operator[](std::size_t i) const noexcept { return words_[i]; }

 private:
  std::array<mpu_words, most_mpu_regions> words_{};
  std::size_t count_ = 0;
};

/// A region spans the addresses [begin, end); the top of the address space is never in one.
struct mpu_span {
  std::uint32_t begin;
  std::uint32_t end;

  [[nodiscard]] constexpr bool meets(mpu_span other) const noexcept { return begin < other.end && other.begin < end; }
};

}  // namespace quire::backing::detail
