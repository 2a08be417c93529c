// SPDX-License-Identifier: BSL-1.0
#pragma once
// Lines of Linux's pressure stall information.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <quire/system/text/line_reader.hpp>

namespace quire::detail {

/// "some avg10=0.12 avg60=0.00 avg300=0.00 total=875": some tasks waited; "full …": all did.
struct stall_line {
  bool full = false;
  unsigned recently = 0;    // over ten seconds, in hundredths of a per cent
  std::uint64_t total = 0;  // microseconds

  [[nodiscard]] bool read(std::string_view line) noexcept {
    full = line.starts_with("full ");
    if (!take(line, "some ") && !take(line, "full ")) return false;
    std::uint64_t whole = 0, hundredths = 0;
    if (!take(line, "avg10=") || !take_number(line, whole) || whole > 100 || !take(line, ".")) return false;
    const std::size_t left = line.size();
    if (!take_number(line, hundredths) || left - line.size() != 2) return false;
    recently = static_cast<unsigned>(whole * 100 + hundredths);
    const std::size_t last = line.rfind(" total=");
    if (last == std::string_view::npos) return false;
    line.remove_prefix(last + 7);
    return take_number(line, total) && line.empty();
  }
};

}  // namespace quire::detail
