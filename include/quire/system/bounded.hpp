#pragma once
// Lists and texts of bounded length, which need no heap.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace quire {

/// Elements beyond the capacity are left out, and `complete()` says so.
template <class T, std::size_t Capacity>
class bounded_list {
 public:
  static constexpr std::size_t capacity = Capacity;

  constexpr void push_back(const T& element) noexcept {
    if (size_ < Capacity)
      elements_[size_++] = element;
    else
      complete_ = false;
  }
  [[nodiscard]] constexpr bool complete() const noexcept { return complete_; }
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
/// is unknown.
template <std::size_t Capacity>
class bounded_text {
 public:
  constexpr bounded_text() noexcept = default;
  constexpr explicit bounded_text(std::string_view text) noexcept
      : size_(std::min(text.size(), Capacity)), complete_(text.size() <= Capacity) {
    std::copy_n(text.data(), size_, text_.data());
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] constexpr bool complete() const noexcept { return complete_; }
  friend constexpr bool operator==(const bounded_text& a, std::string_view b) noexcept {
    return a.complete_ && a.view() == b;
  }
  friend constexpr bool operator==(const bounded_text& a, const bounded_text& b) noexcept {
    return b.complete_ && a == b.view();
  }

 private:
  std::array<char, Capacity> text_{};
  std::size_t size_ = 0;
  bool complete_ = true;
};

}  // namespace quire
