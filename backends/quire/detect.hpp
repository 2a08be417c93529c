#pragma once
// quire::detect(): what this machine is. Asks the system anew at each call; allocates nothing, and keeps nothing.
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

/// Of a system that tells little of itself: what a store over it has no call for is absent.
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

/// `Calls` are those of the native typedef unless a test names others. What the system hides is unknown. Errors:
/// `not_supported` where it does not even tell the size of its pages.
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

/// How many reservations of so many bytes there is room for in this process, as far as addresses go. Reads a line for
/// each mapping. Unknown where the system does not tell.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] reading<std::uint64_t> room_for_reservations(std::uint64_t bytes) noexcept {
  constexpr std::string_view source = "/proc/self/maps";
  if constexpr (detail::linux_calls<Calls>)
    if (const auto bits = detail::default_address_bits<Calls>())
      return {detail::reservations_that_fit<Calls>(bytes, *bits), source};
  return reading<std::uint64_t>::unknown(source);
}

}  // namespace quire
