// SPDX-License-Identifier: BSL-1.0
#pragma once
// A pointer in a policy's requests, and whether the policy gave one. Constant expressions test the latter: where GCC
// assumes that any pointer may be null (-fsanitize=null, -fsanitize=undefined, -fno-delete-null-pointer-checks), it
// rejects comparisons of an object's address with null in them, and of the addresses of two objects (GCC bug 71962).
#include <cstddef>
#include <type_traits>

namespace quire {

/// A pointer that a policy gives to a store, or none. The object must outlive the attributes that hold it.
template <class T>
class optional_pointer {
 public:
  constexpr optional_pointer() noexcept = default;
  /// None is given.
  constexpr optional_pointer(std::nullptr_t) noexcept {}
  /// A pointer that is given, even if it is null.
  constexpr optional_pointer(T* p) noexcept : pointer_(p), given_(true) {}

  /// Whether a pointer was given.
  [[nodiscard]] constexpr bool given() const noexcept { return given_; }
  /// The pointer; null if none is given.
  [[nodiscard]] constexpr T* get() const noexcept { return pointer_; }
  constexpr T& operator*() const noexcept { return *pointer_; }
  constexpr T* operator->() const noexcept { return pointer_; }

  friend constexpr bool operator==(const optional_pointer& a, std::nullptr_t) noexcept { return !a.given_; }
  /// Text is compared by its characters, any other object by its address.
  friend constexpr bool operator==(const optional_pointer& a, const optional_pointer& b) noexcept {
    if (a.given_ != b.given_ || !a.given_) return a.given_ == b.given_;
    if constexpr (std::is_same_v<T, const char>) return same_text(a.pointer_, b.pointer_);
    return same_address(a.pointer_, b.pointer_);
  }

 private:
  static constexpr bool same_text(const char* a, const char* b) noexcept {
    for (; *a == *b; ++a, ++b)
      if (*a == '\0') return true;
    return false;
  }
  /// The compiler folds a comparison of one object's address with itself; one that it does not fold compares two
  /// objects.
  static constexpr bool same_address(T* a, T* b) noexcept {
    if (std::is_constant_evaluated() && !__builtin_constant_p(a == b)) return false;
    return a == b;
  }

  T* pointer_ = nullptr;
  bool given_ = false;
};

}  // namespace quire
