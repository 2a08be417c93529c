#pragma once
// The number that a running Linux has drawn when it started.
#include <cstdint>
#include <string_view>

#include <quire/store/shared.hpp>
#include <quire/system/linux/proc_values.hpp>

namespace quire::detail {

/// 32 hexadecimal digits among dashes; zero otherwise.
[[nodiscard]] constexpr machine_run machine_run_in(std::string_view text) noexcept {
  std::uint64_t halves[2]{};
  unsigned digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10
                                                  : 16;
    if (digit == 16 || digits == 32) return {};
    halves[digits / 16] = halves[digits / 16] << 4 | digit;
    ++digits;
  }
  return digits == 32 ? machine_run{halves[0], halves[1]} : machine_run{};
}

/// Drawn anew at each start, and the same in all containers.
template <class Calls>
[[nodiscard]] machine_run read_boot_id() noexcept {
  return read_line<Calls>("/proc/sys/kernel/random/boot_id", machine_run_in);
}

}  // namespace quire::detail
