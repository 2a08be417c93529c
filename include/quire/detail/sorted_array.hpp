#pragma once
// Entries in the order of their addresses, in one array: for some thousands, which are looked up far more often than
// they change.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>

namespace quire::detail {

/// `T` has a member `base`. An entry is only inserted where `make_room` has made room for it, so that lack of memory is
/// found out before anything is done.
template <class T>
class sorted_array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);

 public:
  constexpr sorted_array() noexcept = default;
  sorted_array(const sorted_array&) = delete;
  sorted_array& operator=(const sorted_array&) = delete;
  ~sorted_array() { delete[] entries_; }

  /// Returns false, and changes nothing, if there is no memory for so many more entries.
  [[nodiscard]] bool make_room(std::size_t more) noexcept {
    if (more <= room_ - count_) return true;
    const std::size_t room = std::max(count_ + more, room_ * 2);
    auto* const larger = new (std::nothrow) T[room];
    if (larger == nullptr) return false;
    std::copy(begin(), end(), larger);
    delete[] entries_;
    entries_ = larger;
    room_ = room;
    return true;
  }
  void insert(T* at, const T& added) noexcept {
    std::copy_backward(at, end(), end() + 1);
    *at = added;
    ++count_;
  }
  void erase(T* from, T* to) noexcept {
    std::copy(to, end(), from);
    count_ -= static_cast<std::size_t>(to - from);
  }

  /// The first entry whose base lies behind `p`.
  [[nodiscard]] T* behind(const std::byte* p) const noexcept {
    return std::upper_bound(begin(), end(), p,
                            [](const std::byte* q, const T& each) noexcept { return std::less()(q, each.base); });
  }
  [[nodiscard]] T* begin() const noexcept { return entries_; }
  [[nodiscard]] T* end() const noexcept { return entries_ + count_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  T* entries_ = nullptr;
  std::size_t count_ = 0, room_ = 0;
};

}  // namespace quire::detail
