#pragma once
// Limits of the process, as POSIX defines them. Shared by the calls of systems that have them.
#include <cerrno>
#include <sys/resource.h>

namespace quire::calls::detail {

/// In bytes; the largest number if there is no limit. Returns 0 or errno.
[[nodiscard]] inline int read_limit(int resource, unsigned long long& soft) noexcept {
  rlimit limit{};
  // glibc declares the resource as an enumeration, to which only C++ does not convert an int.
  using resource_type = decltype(RLIMIT_AS);
  if (::getrlimit(static_cast<resource_type>(resource), &limit) != 0) return errno;
  soft = limit.rlim_cur == RLIM_INFINITY ? ~0ULL : limit.rlim_cur;
  return 0;
}

}  // namespace quire::calls::detail
