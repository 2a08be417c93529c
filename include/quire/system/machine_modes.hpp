// SPDX-License-Identifier: BSL-1.0
#pragma once
// System settings that matter to memory, in Linux's terms.

#include <quire/detail/enumerations.hpp>

namespace quire {

/// Whether the system may promise more memory than it has (vm.overcommit_memory).
enum class overcommit : unsigned char {
  heuristic,  // yes, unless one request is obviously too large
  always,
  never  // no: committed memory has a limit of its own
};

/// Where the system uses transparent huge pages, or folios of one size, without further requests.
enum class huge_mode : unsigned char {
  never,
  advised,
  always,
  inherited,
  absent  // this kernel has none
};

/// How hard a page fault tries to get a huge page, at the cost of its latency.
enum class huge_effort : unsigned char { none, advised, in_background, in_background_or_advised, always };

/// Which versions of control groups are mounted.
enum class cgroup_layout : unsigned char { none, v1, v2, hybrid };
/// The interface that limits memory; in a hybrid layout it may be either.
enum class cgroup_version : unsigned char { none, v1, v2 };

/// The filter on the system calls of this process (seccomp).
enum class call_filter : unsigned char { none, strict, program };

[[nodiscard]] constexpr const char* name(overcommit mode) noexcept {
  return detail::text_of(mode, "unknown", {"heuristic", "always", "never"});
}

[[nodiscard]] constexpr const char* name(huge_mode mode) noexcept {
  return detail::text_of(mode, "unknown", {"never", "madvise", "always", "inherit", "not in this kernel"});
}

[[nodiscard]] constexpr const char* name(huge_effort effort) noexcept {
  return detail::text_of(effort, "unknown", {"never", "madvise", "defer", "defer+madvise", "always"});
}

[[nodiscard]] constexpr const char* name(cgroup_layout layout) noexcept {
  return detail::text_of(layout, "unknown", {"none", "v1", "v2", "hybrid"});
}

[[nodiscard]] constexpr const char* name(cgroup_version of_memory) noexcept {
  return detail::text_of(of_memory, "unknown", {"none", "v1", "v2"});
}

[[nodiscard]] constexpr const char* name(call_filter filter) noexcept {
  return detail::text_of(filter, "unknown", {"none", "strict", "filter"});
}

}  // namespace quire
