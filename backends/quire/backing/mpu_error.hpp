// SPDX-License-Identifier: BSL-1.0
#pragma once
// Why an MPU refused: the native code of an error of a memory that it guards.
#include <quire/detail/enumerations.hpp>
#include <quire/error.hpp>

namespace quire::backing {

/// Why an MPU refused. Each has the errc that stands behind it.
enum class mpu_error : int {
  no_mpu = 0x300,   // not_supported; other native codes of buffers are lower
  too_few_regions,  // not_supported: even an otherwise unused MPU cannot guard one memory
  misplaced,        // invalid_argument
  covered,          // not_permitted
  regions_used_up   // too_many_mappings
};

/// The reason as a few words.
[[nodiscard]] constexpr const char* message(mpu_error t) noexcept {
  return quire::detail::text_of(
      static_cast<unsigned>(t) - static_cast<unsigned>(mpu_error::no_mpu), "not an error of a memory protection unit",
      {"this processor has no memory protection unit",
       "the memory protection unit has too few regions for one guarded memory",
       "the storage is not aligned as the regions of this memory protection unit need it",
       "the program has a region of its own over the storage, which would win or make it fault",
       "the regions of the memory protection unit are used up"});
}

/// Whether the native code of an error is one of these.
[[nodiscard]] constexpr bool is_mpu_error(int native) noexcept {
  return native >= static_cast<int>(mpu_error::no_mpu) && native <= static_cast<int>(mpu_error::regions_used_up);
}

/// The errc of each.
[[nodiscard]] constexpr errc code_of(mpu_error t) noexcept {
  switch (t) {
    case mpu_error::no_mpu:
    case mpu_error::too_few_regions: return errc::not_supported;
    case mpu_error::misplaced: return errc::invalid_argument;
    case mpu_error::covered: return errc::not_permitted;
    case mpu_error::regions_used_up: return errc::too_many_mappings;
  }
  return errc::system;
}

}  // namespace quire::backing
