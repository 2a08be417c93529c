// SPDX-License-Identifier: BSL-1.0
#pragma once
// The number that a running Linux has drawn when it started.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <quire/store/shared.hpp>
#include <quire/system/descriptor.hpp>
#include <quire/system/text/line_reader.hpp>

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

/// Drawn anew at each start, and the same in all containers. Zero only where there is no such file: a process that
/// could not read it, as for lack of a descriptor, must not take the machine for one that has stopped.
template <class Calls>
[[nodiscard]] int read_boot_id(machine_run& now) noexcept {
  now = {};
  const descriptor<Calls> file(Calls::open_to_read("/proc/sys/kernel/random/boot_id"));
  if (!file.is_open()) return file.error() == Calls::no_entry ? 0 : file.error();
  char buffer[64];
  const long n = Calls::read(file.number(), buffer, sizeof buffer);
  if (n < 0) return static_cast<int>(-n);
  std::string_view text(buffer, static_cast<std::size_t>(n));
  now = machine_run_in(take_until(text, '\n'));
  return 0;
}

}  // namespace quire::detail
