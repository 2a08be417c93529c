// SPDX-License-Identifier: BSL-1.0
#pragma once
// Converts the result of a call into what is known of a feature.
#include <optional>
#include <string_view>

#include <quire/system/feature.hpp>

namespace quire::detail {

/// Lack of memory, of descriptors or of a file says nothing about the feature.
template <class Calls>
[[nodiscard]] constexpr feature refused(int native, std::string_view call) noexcept {
  for (const int denial : {Calls::invalid, Calls::forbidden, Calls::no_access, Calls::no_call, Calls::unsupported,
                           Calls::no_ioctl, Calls::no_space})
    if (native == denial) return {{false, call}, native};
  return {reading<bool>::unknown(call), native};
}
[[nodiscard]] constexpr feature found(std::optional<bool> effect, std::string_view call) noexcept {
  return {{effect, call}, 0};
}
[[nodiscard]] constexpr feature not_probed(std::string_view call) noexcept { return {reading<bool>::unknown(call), 0}; }

}  // namespace quire::detail
