// SPDX-License-Identifier: BSL-1.0
#pragma once
// Files of one line that show which of several choices is selected.
#include <cstddef>
#include <optional>
#include <string_view>

#include <quire/system/linux/proc_values.hpp>

namespace quire::detail {

/// The word in brackets of "always [madvise] never".
[[nodiscard]] constexpr std::string_view chosen_in(std::string_view line) noexcept {
  (void)take_until(line, '[');
  return line.contains(']') ? take_until(line, ']') : "";
}

/// The selected choice in a file whose values are spelt as `name` spells them.
template <class Calls, class Choice, std::size_t N>
[[nodiscard]] std::optional<Choice> choice_in(const char* path, const Choice (&choices)[N]) noexcept {
  return read_line<Calls>(path, [&](std::string_view line) -> std::optional<Choice> {
    for (const Choice each : choices)
      if (chosen_in(line) == name(each)) return each;
    return std::nullopt;
  });
}

}  // namespace quire::detail
