// SPDX-License-Identifier: BSL-1.0
#pragma once
// Elements that watch how a container treats them.
#include <compare>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>

namespace quire::test {

/// Counts its objects, and throws from a constructor or an assignment when its countdown ends.
class throwing_element {
 public:
  static inline long alive = 0;
  static inline long until_throw = -1;  // negative: never

  throwing_element(int value = 0) : value_(value) { begin(); }
  throwing_element(const throwing_element& other) : value_(other.value_) { begin(); }
  throwing_element& operator=(const throwing_element& other) {
    maybe_throw();
    value_ = other.value_;
    return *this;
  }
  ~throwing_element() { --alive; }

  friend auto operator<=>(const throwing_element&, const throwing_element&) = default;

 private:
  static void maybe_throw() {
    if (until_throw >= 0 && until_throw-- == 0) throw std::runtime_error("an element throws");
  }
  static void begin() {
    maybe_throw();
    ++alive;
  }
  int value_;
};

/// Owns memory, and can only be moved.
class move_only_element {
 public:
  move_only_element(int value = 0) : value_(std::make_unique<int>(value)) {}
  friend bool operator==(const move_only_element& a, const move_only_element& b) { return *a.value_ == *b.value_; }

 private:
  std::unique_ptr<int> value_;
};

struct alignas(256) aligned_element {
  aligned_element(int v = 0) : value(v) {}
  friend auto operator<=>(const aligned_element&, const aligned_element&) = default;
  int value;
};

}  // namespace quire::test
