// SPDX-License-Identifier: BSL-1.0
#pragma once
// quire::detect() describes this machine. Each call queries the system anew; nothing is allocated or cached.
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <quire/detect/linux/address_room.hpp>
#include <quire/detect/linux/capabilities.hpp>
#include <quire/native.hpp>
#include <quire/result.hpp>
#include <quire/system/platform_capabilities.hpp>
#include <quire/system/rlimits.hpp>
#include <quire/system/static_capabilities.hpp>

namespace quire {

namespace detail {

// A system has its own detector by overloads for its calls, in detect/<system>/.

/// Of any other system: features that the native store has no call for are reported as absent.
template <class Calls>
[[nodiscard]] platform_capabilities capabilities_of(const detection&) noexcept {
  using native_store = native_allocator::backing_type;
  platform_capabilities caps;
  if constexpr (std::is_same_v<Calls, typename native_store::calls>) caps = static_capabilities<native_store>();
  std::string_view told_by = "a call of the system";
  if constexpr (requires { Calls::page_bytes_source; }) told_by = Calls::page_bytes_source;
  caps.memory.page_bytes = {std::uint64_t{Calls::page_bytes()}, told_by};
  caps.limits.address_space.limit = rlimit_of_address_space<Calls>();
  caps.limits.data.limit = rlimit_of_data<Calls>();
  return caps;
}
template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> reservations_that_fit(std::uint64_t) noexcept {
  return {};
}

}  // namespace detail

/// Describes this machine and the limits of this process; values that the system hides are unknown. `Calls` are those
/// of the native allocator unless a test substitutes others. Errors: errc::not_supported if the system does not even
/// report its page size.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] result<platform_capabilities> detect(const detection& wanted = {}) noexcept {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  if (!std::has_single_bit(Calls::page_bytes())) return failure(errc::not_supported, step::plan);
  result<platform_capabilities> caps = detail::capabilities_of<Calls>(wanted);
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - begin);
  caps->took_nanoseconds = static_cast<std::uint64_t>(took.count());
  return caps;
}

/// Returns how many reservations of `bytes` bytes still fit into the address space of this process; unknown if the
/// system does not report its mappings. Reads one line of /proc/self/maps per mapping.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] reading<std::uint64_t> room_for_reservations(std::uint64_t bytes) noexcept {
  return {detail::reservations_that_fit<Calls>(bytes), "/proc/self/maps"};
}

}  // namespace quire
