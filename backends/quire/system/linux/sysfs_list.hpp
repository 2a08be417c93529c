// SPDX-License-Identifier: BSL-1.0
#pragma once
// Files of Linux that hold one list of numbers, as "0-3,5", of any length.
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/node_set.hpp>
#include <quire/system/descriptor.hpp>

namespace quire::detail {

/// The first line of a file, byte by byte.
template <class Calls>
class bytes_of_line {
 public:
  static constexpr int at_end = -1, failed = -2;

  explicit bytes_of_line(const char* path) noexcept : file_(Calls::open_to_read(path)) {}

  /// A byte, or one of the two codes above. An empty file has no line, which is a failure.
  [[nodiscard]] int next() noexcept {
    if (position_ == size_) {
      const long n = file_.is_open() ? Calls::read(file_.number(), buffer_, sizeof buffer_) : -1;
      if (n <= 0) return n == 0 && began_ ? at_end : failed;
      began_ = true;
      position_ = 0;
      size_ = static_cast<std::size_t>(n);
    }
    const char c = buffer_[position_++];
    return c == '\n' ? at_end : static_cast<unsigned char>(c);
  }

 private:
  descriptor<Calls> file_;
  bool began_ = false;
  std::size_t position_ = 0, size_ = 0;
  char buffer_[256];
};

/// Reads a number that begins with `c`, then the next byte into `c`. False if there is no number.
template <class Calls>
[[nodiscard]] bool next_number(bytes_of_line<Calls>& bytes, int& c, std::uint64_t& number) noexcept {
  constexpr std::uint64_t most = UINT64_MAX / 10 - 1;
  if (c < '0' || c > '9') return false;
  for (number = 0; c >= '0' && c <= '9'; c = bytes.next())
    if (number < most) number = number * 10 + static_cast<unsigned>(c - '0');
  return true;
}

/// Calls f(first, last) for each range, until it returns false. Returns whether all of the list was read.
template <class Calls, class F>
[[nodiscard]] bool for_each_range_in(const char* path, F f) noexcept {
  bytes_of_line<Calls> bytes(path);
  int c = bytes.next();
  if (c == bytes.at_end) return true;
  for (std::uint64_t first = 0, last = 0;; c = bytes.next()) {
    if (!next_number(bytes, c, first)) return false;
    last = first;
    if (c == '-') {
      c = bytes.next();
      if (!next_number(bytes, c, last) || last < first) return false;
    }
    if (!f(first, last)) return false;
    if (c == bytes.at_end) return true;
    if (c != ',') return false;
  }
}

/// A list of nodes. Unknown if the file is hidden or malformed, or names a node that does not fit a set.
template <class Calls>
[[nodiscard]] std::optional<node_set> list_in(const char* path) noexcept {
  node_set nodes;
  const bool whole = for_each_range_in<Calls>(path, [&nodes](std::uint64_t first, std::uint64_t last) {
    if (last >= node_set::capacity) return false;
    for (std::uint64_t node = first; node <= last; ++node) nodes.insert(static_cast<unsigned>(node));
    return true;
  });
  return whole ? std::optional(nodes) : std::nullopt;
}

/// Counts the numbers of an ascending list. A list of processors may have more numbers than a set holds.
template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> numbers_in(const char* path) noexcept {
  constexpr std::uint64_t too_many = std::uint64_t{1} << 32;
  std::uint64_t count = 0, beyond = 0;
  const bool whole = for_each_range_in<Calls>(path, [&](std::uint64_t first, std::uint64_t last) {
    if (first < beyond || last >= too_many) return false;
    count += last - first + 1;
    beyond = last + 1;
    return true;
  });
  return whole ? std::optional(count) : std::nullopt;
}

}  // namespace quire::detail
