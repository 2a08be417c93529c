// SPDX-License-Identifier: BSL-1.0
#pragma once
// Entries in the order of their addresses, in one array: for some ten thousand.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>

namespace quire::detail {

/// `T` has a member `base`. An entry is only inserted where `make_room` has made room for it, so that lack of memory is
/// found out before anything is done. Entries lie in the middle of the array, and the fewer ones move: systems hand out
/// addresses in descending or ascending order, so that most insertions are at an end.
template <class T>
class sorted_array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);

 public:
  constexpr sorted_array() noexcept = default;
  sorted_array(const sorted_array&) = delete;
  sorted_array& operator=(const sorted_array&) = delete;
  ~sorted_array() { delete[] array_; }

  /// Returns false, and changes nothing, if there is no memory for so many more entries.
  [[nodiscard]] bool make_room(std::size_t more) noexcept {
    if (more <= room_ - size()) return true;
    const std::size_t room = std::max(size() + more, room_ * 2), count = size();
    auto* const larger = new (std::nothrow) T[room];
    if (larger == nullptr) return false;
    T* const first = larger + (room - count) / 2;
    std::copy(first_, last_, first);
    delete[] array_;
    array_ = larger;
    room_ = room;
    first_ = first;
    last_ = first + count;
    return true;
  }
  /// Returns the place of the new entry, which is `at` or the one before.
  T* insert(T* at, const T& added) noexcept {
    const bool front = first_ != array_ && (at - first_ <= last_ - at || last_ == array_ + room_);
    if (front) {
      std::copy(first_, at, first_ - 1);
      --first_;
      --at;
    } else {
      std::copy_backward(at, last_, last_ + 1);
      ++last_;
    }
    *at = added;
    return at;
  }
  void erase(T* from, T* to) noexcept {
    if (from - first_ < last_ - to) {
      std::copy_backward(first_, from, to);
      first_ += to - from;
    } else {
      std::copy(to, last_, from);
      last_ -= to - from;
    }
  }

  /// The first entry whose base lies behind `p`.
  [[nodiscard]] T* behind(const std::byte* p) const noexcept {
    return std::upper_bound(first_, last_, p,
                            [](const std::byte* q, const T& each) noexcept { return std::less<>()(q, each.base); });
  }
  [[nodiscard]] T* begin() const noexcept { return first_; }
  [[nodiscard]] T* end() const noexcept { return last_; }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(last_ - first_); }

 private:
  T* array_ = nullptr;
  T* first_ = nullptr;
  T* last_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace quire::detail
