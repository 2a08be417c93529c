#pragma once
// Limits of the process, as POSIX has them. Shared by the calls of systems that have them alike.
#include <sys/resource.h>

namespace quire::calls::detail {

[[nodiscard]] inline unsigned long long soft_limit(int resource) noexcept {
  rlimit limit{};
  // glibc declares the resource as an enumeration, which only C++ minds.
  using resource_type = decltype(RLIMIT_AS);
  const bool known = ::getrlimit(static_cast<resource_type>(resource), &limit) == 0;
  return known && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : ~0ULL;
}

}  // namespace quire::calls::detail
