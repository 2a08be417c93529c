// SPDX-License-Identifier: BSL-1.0
#pragma once
// Foreign text such as paths: arbitrary bytes, made safe for an output that allows only some of them.
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <quire/system/bounded.hpp>

namespace doctor {

/// Returns the bytes of the character with which a text begins; 0 if they are not valid UTF-8. Text must not be empty.
[[nodiscard]] inline std::size_t bytes_of_first(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  const bool is_too_long = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool is_none = (byte(0) == 0xed && byte(1) >= 0xa0) || (byte(0) == 0xf4 && byte(1) >= 0x90);
  return is_too_long || is_none ? 0 : length;
}

/// For a terminal: escapes control characters and invalid bytes as "\x1b".
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string all;
  while (!text.empty()) {
    const std::size_t length = bytes_of_first(text);
    const auto first = static_cast<unsigned>(static_cast<unsigned char>(text.front()));
    const bool controls =
        first < ' ' || first == 0x7f || (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    const std::string_view taken = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(taken.size());
    if (length != 0 && !controls) {
      all += taken;
      continue;
    }
    for (const char c : taken) {
      char escaped[8];
      (void)std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      all += escaped;
    }
  }
  return all;
}
template <std::size_t N>
[[nodiscard]] std::string printable(const quire::bounded_text<N>& text) {
  return printable(text.view()) + (text.complete() ? "" : "...");
}

}  // namespace doctor
