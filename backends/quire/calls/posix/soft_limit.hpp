#pragma once
// Limits of the process, as POSIX has them. Shared by the calls of systems that have them alike.
#include <cerrno>
#include <sys/resource.h>

namespace quire::calls::detail {

/// Bytes; the largest number where nothing is limited. Returns 0 or errno.
[[nodiscard]] inline int read_limit(int resource, unsigned long long& soft) noexcept {
  rlimit limit{};
  // glibc declares the resource as an enumeration, which only C++ minds.
  using resource_type = decltype(RLIMIT_AS);
  if (::getrlimit(static_cast<resource_type>(resource), &limit) != 0) return errno;
  soft = limit.rlim_cur == RLIM_INFINITY ? ~0ULL : limit.rlim_cur;
  return 0;
}

/// The same, where a limit that cannot be read need not be told from none.
[[nodiscard]] inline unsigned long long soft_limit(int resource) noexcept {
  unsigned long long soft = ~0ULL;
  (void)read_limit(resource, soft);
  return soft;
}

}  // namespace quire::calls::detail
