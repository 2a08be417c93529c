// SPDX-License-Identifier: BSL-1.0
#pragma once
// Owns the descriptor of a file.
#include <utility>

namespace quire::detail {

/// A descriptor that is closed with the object; or the negative errno of the call that should have created it.
template <class Calls>
class descriptor {
 public:
  constexpr descriptor() noexcept = default;
  constexpr explicit descriptor(int made) noexcept : made_(made) {}
  constexpr descriptor(descriptor&& other) noexcept : made_(std::exchange(other.made_, none)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    descriptor taken(std::move(other));
    std::swap(made_, taken.made_);
    return *this;
  }
  ~descriptor() { close(); }

  void close() noexcept {
    if (is_open()) Calls::close(std::exchange(made_, none));
  }
  [[nodiscard]] constexpr bool is_open() const noexcept { return made_ >= 0; }
  [[nodiscard]] constexpr int number() const noexcept { return made_; }
  [[nodiscard]] constexpr int error() const noexcept { return is_open() ? 0 : -made_; }

 private:
  static constexpr int none = -1;
  int made_ = none;
};

}  // namespace quire::detail
