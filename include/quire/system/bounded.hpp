// SPDX-License-Identifier: BSL-1.0
#pragma once
// Lists and texts of bounded length, which need no heap.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quire {

/// Elements beyond the capacity are left out, and `complete()` says so.
template <class T, std::size_t Capacity>
class bounded_list {
 public:
  /// The most elements.
  static constexpr std::size_t capacity = Capacity;

  /// Appends an element, or marks the list as incomplete.
  constexpr void push_back(const T& element) noexcept {
    if (size_ < Capacity)
      elements_[size_++] = element;
    else
      complete_ = false;
  }
  /// Whether nothing was left out.
  [[nodiscard]] constexpr bool complete() const noexcept { return complete_; }
  /// Elements in the list.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr const T* begin() const noexcept { return elements_.data(); }
  [[nodiscard]] constexpr const T* end() const noexcept { return elements_.data() + size_; }
  [[nodiscard]] constexpr const T& operator[](std::size_t index) const noexcept { return elements_[index]; }
  [[nodiscard]] constexpr T& operator[](std::size_t index) noexcept { return elements_[index]; }

  friend constexpr bool operator==(const bounded_list& a, const bounded_list& b) noexcept {
    return a.complete_ == b.complete_ && std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<T, Capacity> elements_{};
  std::size_t size_ = 0;
  bool complete_ = true;
};

/// Text beyond the capacity is cut off, and `complete()` says so. A text that was cut equals no other, because its rest
/// is unknown, and as a path it names no file.
template <std::size_t Capacity>
class bounded_text {
 public:
  constexpr bounded_text() noexcept = default;
  /// Cuts what is too long.
  constexpr explicit bounded_text(std::string_view text) noexcept { *this += text; }

  constexpr bounded_text& operator+=(std::string_view more) noexcept {
    const std::size_t fitting = std::min(more.size(), Capacity - size_);
    std::copy_n(more.data(), fitting, text_.data() + size_);
    size_ += fitting;
    complete_ = complete_ && fitting == more.size();
    return *this;
  }
  /// Appends the number in decimal digits.
  constexpr bounded_text& operator+=(std::uint64_t number) noexcept {
    if (number >= 10) *this += number / 10;
    const char last = static_cast<char>('0' + number % 10);
    return *this += std::string_view(&last, 1);
  }
  /// The text, cut or not.
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  /// For calls; an incomplete text is empty there, which no file is called.
  [[nodiscard]] constexpr const char* c_str() const noexcept { return complete_ ? text_.data() : ""; }
  /// Whether nothing was cut.
  [[nodiscard]] constexpr bool complete() const noexcept { return complete_; }
  friend constexpr bool operator==(const bounded_text& a, std::string_view b) noexcept {
    return a.complete_ && a.view() == b;
  }
  friend constexpr bool operator==(const bounded_text& a, const bounded_text& b) noexcept {
    return b.complete_ && a == b.view();
  }

 private:
  std::array<char, Capacity + 1> text_{};  // ends with a zero
  std::size_t size_ = 0;
  bool complete_ = true;
};

}  // namespace quire
