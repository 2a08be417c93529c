// SPDX-License-Identifier: BSL-1.0
#pragma once
// Results of calls, and limits of the process, as POSIX defines them. Shared by the calls of systems that have them.
#include <boost/config.hpp>
#include <cerrno>
#include <cstdint>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <utility>

#include <quire/calls/mapping.hpp>

namespace quire::calls {

/// A failed call has set errno: telling the compiler spares callers a second test.
[[nodiscard]] BOOST_FORCEINLINE int last_error() noexcept {
  const int e = errno;
  if (e <= 0) std::unreachable();
  return e;
}
/// 0 or errno, of a call that returns 0 or something else.
[[nodiscard]] BOOST_FORCEINLINE int error_of(long returned) noexcept { return returned == 0 ? 0 : last_error(); }
/// What a call returned, or a negative errno.
template <class N>
[[nodiscard]] N number_of(N returned) noexcept {
  return returned >= 0 ? returned : -last_error();
}
[[nodiscard]] BOOST_FORCEINLINE mapping mapping_of(void* p) noexcept {
  return p == MAP_FAILED ? mapping{nullptr, last_error()} : mapping{p, 0};
}

/// While it exists the thread is not cancelled. errno afterwards is that of the call before.
class no_cancellation {
 public:
  no_cancellation() noexcept { (void)::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~no_cancellation() { (void)::pthread_setcancelstate(before_, &before_); }  // returns its error
  no_cancellation(const no_cancellation&) = delete;
  no_cancellation& operator=(const no_cancellation&) = delete;

 private:
  int before_ = 0;
};

struct posix_process {
  static std::uint32_t process_number() noexcept { return static_cast<std::uint32_t>(::getpid()); }
  /// A tenth of a millisecond: long enough for a system call of another thread, which runs even if its priority is
  /// lower. Not a cancellation point, unlike nanosleep.
  static void pause() noexcept {
    const int error_before = errno;
    const no_cancellation during_the_call;
    const timespec slice{0, 100'000};
    (void)::nanosleep(&slice, nullptr);
    errno = error_before;
  }
};

struct posix_limits {
  static constexpr int limit_address_space = RLIMIT_AS, limit_data = RLIMIT_DATA;
#ifdef RLIMIT_MEMLOCK  // on most systems, but not in POSIX
  static constexpr int limit_locked = RLIMIT_MEMLOCK;
#endif

  /// In bytes; the largest number if there is no limit. Returns 0 or errno.
  static int read_limit(int resource, unsigned long long& soft) noexcept {
    rlimit limit{};
    // glibc declares the resource as an enumeration, to which only C++ does not convert an int.
    using resource_type = decltype(RLIMIT_AS);
    if (::getrlimit(static_cast<resource_type>(resource), &limit) != 0) return errno;
    soft = limit.rlim_cur == RLIM_INFINITY ? ~0ULL : limit.rlim_cur;
    return 0;
  }
};

}  // namespace quire::calls
