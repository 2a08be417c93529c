#pragma once
// Converts the result of a call into what is known of a feature.
#include <optional>
#include <string_view>

#include <quire/system/feature.hpp>

namespace quire::detail {

/// Whether the code denies the feature. Lack of memory, of descriptors or of a file says nothing about it.
template <class Calls>
[[nodiscard]] constexpr bool says_no(int native) noexcept {
  return native == Calls::invalid || native == Calls::forbidden || native == Calls::no_access ||
         native == Calls::no_call || native == Calls::unsupported || native == Calls::no_ioctl ||
         native == Calls::no_space;
}

template <class Calls>
[[nodiscard]] constexpr feature refused(int native, std::string_view call) noexcept {
  if (!says_no<Calls>(native)) return {reading<bool>::unknown(call), native};
  return {{false, call}, native};
}
[[nodiscard]] constexpr feature found(std::optional<bool> effect, std::string_view call) noexcept {
  return {{effect, call}, 0};
}
[[nodiscard]] constexpr feature not_probed(std::string_view call) noexcept { return {reading<bool>::unknown(call), 0}; }

}  // namespace quire::detail
