// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store adaptor for memories that several threads use and grow, as those of WebAssembly with threads.
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <type_traits>

#include <quire/detail/arguments.hpp>
#include <quire/detail/plain_lock.hpp>
#include <quire/store.hpp>

namespace quire::backing {

namespace detail {

/// A bookkeeping word that threads read while one writes. A thread that reads it sees what was written before it.
template <class T>
class shared_word {
 public:
  constexpr shared_word(T value) noexcept : value_(value) {}
  shared_word(const shared_word& other) noexcept : value_(other) {}
  shared_word& operator=(const shared_word& other) noexcept { return *this = static_cast<T>(other); }
  BOOST_FORCEINLINE shared_word& operator=(T value) noexcept {
    value_.store(value, std::memory_order_release);
    return *this;
  }
  BOOST_FORCEINLINE operator T() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<T> value_;
};

}  // namespace detail

/// Any thread may call `grow` and the const members at any time; readers take no lock, and never find a size whose
/// pages are not accessible yet. `grow` with the number of pages to add is never a `size_mismatch`; growing threads
/// wait for each other. All other members need exclusive access, as everywhere. In a child process that is forked while
/// another thread grows a memory, that memory must not be grown.
template <backing_store S>
class concurrent : public S {
  static_assert(std::is_same_v<word_of<S, std::size_t>, std::size_t>,
                "quire: a memory that verifies its own bookkeeping cannot be grown by several threads");

 public:
  using wrapped = S;
  /// The same over another store; for pools, whose slots are stores.
  template <class Other>
  using around = concurrent<Other>;
  template <class T>
  using word = detail::shared_word<T>;
  static constexpr bool must_be_given = quire::detail::must_be_given<S>;

  constexpr concurrent() noexcept = default;
  /// Over a store that holds data.
  constexpr explicit concurrent(S store) noexcept : S(store) {}
  [[nodiscard]] static constexpr concurrent vacant() noexcept { return concurrent(quire::detail::vacant<S>()); }

  void begin_growth() noexcept { growing_.lock(); }
  void end_growth() noexcept { growing_.unlock(); }

 private:
  quire::detail::plain_lock growing_;
};

}  // namespace quire::backing

namespace quire {

/// The allocator `A`, whose memories several threads may grow at once.
template <class A>
using with_concurrent_growth = typename A::template with_backing<backing::concurrent<typename A::backing_type>>;

}  // namespace quire
