// SPDX-License-Identifier: BSL-1.0
#pragma once
// Files in which a kernel describes itself, read line by line through a small buffer, and the numbers in them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <quire/system/descriptor.hpp>

namespace quire::detail {

/// A line longer than the buffer is cut at its end, and `cut()` reports it: such a text is incomplete.
template <class Calls>
class line_reader {
 public:
  explicit line_reader(const char* path) noexcept : file_(Calls::open_to_read(path)) {}

  [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }
  /// Whether everything was read: only then is an entry that was not found absent.
  [[nodiscard]] bool complete() const noexcept { return at_end_; }
  /// Whether the line that `next` returned last is only the beginning of one.
  [[nodiscard]] bool cut() const noexcept { return in_cut_line_; }

  /// Reads the next line, without its end; valid until the next call. False if there is none.
  [[nodiscard]] bool next(std::string_view& line) noexcept {
    for (;;) {
      line = {buffer_ + begin_, end_ - begin_};
      if (const std::size_t length = line.find('\n'); length != std::string_view::npos) {
        begin_ += length + 1;
        line = line.substr(0, length);
        if (!std::exchange(in_cut_line_, false)) return true;
      } else if (line.size() == capacity) {
        begin_ = end_;
        if (!std::exchange(in_cut_line_, true)) return true;
      } else if (!fill()) {
        line = {buffer_, std::exchange(end_, 0)};
        return at_end_ && !line.empty() && !in_cut_line_;  // not the rest of a failed read
      }
    }
  }

 private:
  static constexpr std::size_t capacity = 1024;

  /// Moves the unread part to the front and reads behind it.
  bool fill() noexcept {
    std::copy(buffer_ + begin_, buffer_ + end_, buffer_);
    end_ -= std::exchange(begin_, 0);
    const long n = is_open() && !at_end_ ? Calls::read(file_.number(), buffer_ + end_, capacity - end_) : -1;
    if (n == 0) at_end_ = true;
    if (n <= 0) return false;
    end_ += static_cast<std::size_t>(n);
    return true;
  }

  descriptor<Calls> file_;
  bool at_end_ = false;
  bool in_cut_line_ = false;
  std::size_t begin_ = 0, end_ = 0;
  char buffer_[capacity];
};

/// Removes a prefix, if the text has it.
[[nodiscard]] constexpr bool take(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Removes and returns the text before `end`, and removes `end`; takes all of the text if `end` does not occur.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& text, char end) noexcept {
  const std::size_t length = text.find(end);
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
  return taken;
}

/// The value of a digit of any base up to 16, or 16.
[[nodiscard]] constexpr unsigned digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10 : 16;
}

/// Removes a number. False if there is none, or it does not fit. By hand, since <charconv> would be a good part of the
/// time that the compiler spends on a store's header.
[[nodiscard]] constexpr bool take_number(std::string_view& text, std::uint64_t& number, unsigned base = 10) noexcept {
  std::uint64_t value = 0;
  std::size_t length = 0;
  for (; length < text.size(); ++length) {
    const unsigned digit = digit_value(text[length]);
    if (digit >= base) break;
    if (value > (UINT64_MAX - digit) / base) return false;
    value = value * base + digit;
  }
  if (length == 0) return false;
  number = value;
  text.remove_prefix(length);
  return true;
}

constexpr void skip_blanks(std::string_view& text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

/// The value of a line `key: 12`, `key: 12 kB` or `key 12`, in bytes if it has that unit. False for any other line.
[[nodiscard]] inline bool read_value(std::string_view line, std::string_view key, std::uint64_t& value) noexcept {
  if (!take(line, key) || (!take(line, ":") && !line.starts_with(' '))) return false;
  skip_blanks(line);
  if (!take_number(line, value)) return false;
  if (line.empty()) return true;
  if (line != " kB" || value > UINT64_MAX / 1024) return false;
  value *= 1024;
  return true;
}

}  // namespace quire::detail
