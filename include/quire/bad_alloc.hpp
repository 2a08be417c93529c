// SPDX-License-Identifier: BSL-1.0
#pragma once
// What containers throw, so that code which catches the standard's exceptions catches these. Where exceptions are
// disabled, the process ends in their place.
#include <boost/config.hpp>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include <quire/error.hpp>
#include <quire/result.hpp>

namespace quire {

/// There is no memory for what was to be added, and `reason()` says why; `what()` is its message. Beyond the limits it
/// is thrown as well.
class BOOST_SYMBOL_VISIBLE bad_alloc : public std::bad_alloc {
 public:
  /// Takes what an operation returned.
  explicit bad_alloc(error reason) noexcept : reason_(reason) {}
  /// The error of the operation that failed.
  [[nodiscard]] const error& reason() const noexcept { return reason_; }
  [[nodiscard]] const char* what() const noexcept override { return reason_.message(); }

 private:
  error reason_;
};

namespace detail {

#if !defined(BOOST_NO_EXCEPTIONS)
[[noreturn]] BOOST_NOINLINE inline void throw_bad_alloc(error reason) { throw bad_alloc(reason); }
[[noreturn]] BOOST_NOINLINE inline void throw_out_of_range(const char* message) { throw std::out_of_range(message); }
#else
[[noreturn]] inline void throw_bad_alloc(error) noexcept { std::abort(); }
[[noreturn]] inline void throw_out_of_range(const char*) noexcept { std::abort(); }
#endif

template <class T>
BOOST_FORCEINLINE T value_or_throw(result<T> got) {
  if (!got) [[unlikely]]
    throw_bad_alloc(got.error());
  return *got;
}
template <>
BOOST_FORCEINLINE void value_or_throw(result<void> got) {
  if (!got) [[unlikely]]
    throw_bad_alloc(got.error());
}

}  // namespace detail
}  // namespace quire
