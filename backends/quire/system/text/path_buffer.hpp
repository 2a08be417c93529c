#pragma once
// A path that is assembled without a heap.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quire::detail {

/// A path assembled from pieces. A path that does not fit becomes empty, which cannot be opened, and `fits()` reports
/// it.
class path_buffer {
 public:
  constexpr path_buffer() noexcept = default;
  constexpr explicit path_buffer(std::string_view piece) noexcept { *this += piece; }

  constexpr path_buffer& operator+=(std::string_view piece) noexcept {
    if (overflown_ || piece.size() >= text_.size() - size_) {
      *this = {};
      overflown_ = true;
      return *this;
    }
    std::copy(piece.begin(), piece.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += piece.size();
    return *this;
  }
  constexpr path_buffer& operator+=(std::uint64_t number) noexcept {
    std::array<char, 20> digits{};
    std::size_t first = digits.size();
    do digits[--first] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return *this += std::string_view(digits.data() + first, digits.size() - first);
  }
  [[nodiscard]] constexpr const char* c_str() const noexcept { return text_.data(); }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] constexpr bool fits() const noexcept { return !overflown_; }

 private:
  std::array<char, 512> text_{};
  std::size_t size_ = 0;
  bool overflown_ = false;
};

}  // namespace quire::detail
