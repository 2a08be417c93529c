// SPDX-License-Identifier: BSL-1.0
#pragma once
// The limits that POSIX sets to a process (getrlimit).
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/explanation.hpp>
#include <quire/system/reading.hpp>

namespace quire::detail {

/// Calls of a system that has these limits.
template <class Calls>
concept posix_calls = requires(unsigned long long& soft) {
  { Calls::read_limit(Calls::limit_data, soft) } noexcept -> std::same_as<int>;
};

/// In bytes; the largest number if there is no limit.
template <class Calls>
[[nodiscard]] reading<std::uint64_t> read_rlimit(int resource, std::string_view name) noexcept {
  unsigned long long soft = 0;
  if (Calls::read_limit(resource, soft) != 0) return reading<std::uint64_t>::unknown(name);
  return {std::uint64_t{soft}, name};
}

/// Whether a file of this length would exceed RLIMIT_FSIZE: to make one longer then also raises a signal, SIGXFSZ.
template <class Calls>
[[nodiscard]] bool exceeds_file_limit(std::uint64_t length) noexcept {
  return read_rlimit<Calls>(Calls::limit_file_size, "RLIMIT_FSIZE") < length;
}

// Unknown, without a name, on a system that has no such limit.

template <class Calls>
[[nodiscard]] reading<std::uint64_t> rlimit_of_address_space() noexcept {
  if constexpr (requires { Calls::limit_address_space; })
    return read_rlimit<Calls>(Calls::limit_address_space, "RLIMIT_AS");
  return {};
}
template <class Calls>
[[nodiscard]] reading<std::uint64_t> rlimit_of_data() noexcept {
  if constexpr (requires { Calls::limit_data; }) return read_rlimit<Calls>(Calls::limit_data, "RLIMIT_DATA");
  return {};
}
template <class Calls>
[[nodiscard]] reading<std::uint64_t> rlimit_of_locking() noexcept {
  if constexpr (requires { Calls::limit_locked; }) return read_rlimit<Calls>(Calls::limit_locked, "RLIMIT_MEMLOCK");
  return {};
}
[[nodiscard]] constexpr explanation explanation_of(const reading<std::uint64_t>& limit,
                                                   std::optional<std::uint64_t> used = {}) noexcept {
  return {limit_kind::configured, limit.source(), used, limit.optional()};
}

}  // namespace quire::detail
