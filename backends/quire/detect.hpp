#pragma once
// quire::detect() describes this machine. Each call queries the system anew; nothing is allocated or cached.
#include <bit>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <quire/detect/linux/address_room.hpp>
#include <quire/detect/linux/capabilities.hpp>
#include <quire/explain.hpp>
#include <quire/native.hpp>
#include <quire/result.hpp>
#include <quire/system/platform_capabilities.hpp>
#include <quire/system/static_capabilities.hpp>

namespace quire {

namespace detail {

/// For systems without a detector of their own: features that the native store has no call for are reported as absent.
template <class Calls>
[[nodiscard]] platform_capabilities capabilities_of_others() noexcept {
  using native_store = native_allocator::backing_type;
  platform_capabilities caps;
  if constexpr (std::is_same_v<Calls, typename native_store::calls>) caps = static_capabilities<native_store>();
  constexpr std::string_view told_by = [] {
    if constexpr (requires { Calls::page_bytes_source; }) return std::string_view(Calls::page_bytes_source);
    return std::string_view(posix_calls<Calls> ? "sysconf(_SC_PAGESIZE)" : "a call of the system");
  }();
  caps.memory.page_bytes = {std::uint64_t{Calls::page_bytes()}, told_by};
  if constexpr (posix_calls<Calls>) {
    caps.limits.address_space.limit = limit_of<Calls>(Calls::limit_address_space, "getrlimit(RLIMIT_AS)");
    caps.limits.data.limit = limit_of<Calls>(Calls::limit_data, "getrlimit(RLIMIT_DATA)");
  }
  return caps;
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
  result<platform_capabilities> caps;
  if constexpr (detail::linux_calls<Calls>)
    *caps = detail::capabilities_of_linux<Calls>(wanted);
  else
    *caps = detail::capabilities_of_others<Calls>();
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - begin);
  caps->took_nanoseconds = static_cast<std::uint64_t>(took.count());
  return caps;
}

/// Returns how many reservations of `bytes` bytes still fit into the address space of this process; unknown if the
/// system does not report its mappings. Reads one line of /proc/self/maps per mapping.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] reading<std::uint64_t> room_for_reservations(std::uint64_t bytes) noexcept {
  constexpr std::string_view source = "/proc/self/maps";
  if constexpr (detail::linux_calls<Calls>)
    if (const auto bits = detail::default_address_bits<Calls>())
      return {detail::reservations_that_fit<Calls>(bytes, *bits), source};
  return reading<std::uint64_t>::unknown(source);
}

}  // namespace quire
