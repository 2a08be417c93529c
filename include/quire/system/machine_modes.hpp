#pragma once
// System settings that matter to memory, in Linux's terms.

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

enum class cgroup_layout : unsigned char { none, v1, v2, hybrid };
/// The interface that limits memory; in a hybrid layout it may be either.
enum class cgroup_interface : unsigned char { none, v1, v2 };

/// The filter on the system calls of this process (seccomp).
enum class call_filter : unsigned char { none, strict, program };

[[nodiscard]] constexpr const char* name(overcommit mode) noexcept {
  switch (mode) {
    case overcommit::heuristic: return "heuristic";
    case overcommit::always: return "always";
    case overcommit::never: return "never";
  }
  return "unknown";
}

[[nodiscard]] constexpr const char* name(huge_mode mode) noexcept {
  switch (mode) {
    case huge_mode::never: return "never";
    case huge_mode::advised: return "madvise";
    case huge_mode::always: return "always";
    case huge_mode::inherited: return "inherit";
    case huge_mode::absent: return "not in this kernel";
  }
  return "unknown";
}

[[nodiscard]] constexpr const char* name(huge_effort effort) noexcept {
  switch (effort) {
    case huge_effort::none: return "never";
    case huge_effort::advised: return "madvise";
    case huge_effort::in_background: return "defer";
    case huge_effort::in_background_or_advised: return "defer+madvise";
    case huge_effort::always: return "always";
  }
  return "unknown";
}

[[nodiscard]] constexpr const char* name(cgroup_layout layout) noexcept {
  switch (layout) {
    case cgroup_layout::none: return "none";
    case cgroup_layout::v1: return "v1";
    case cgroup_layout::v2: return "v2";
    case cgroup_layout::hybrid: return "hybrid";
  }
  return "unknown";
}

[[nodiscard]] constexpr const char* name(cgroup_interface of_memory) noexcept {
  switch (of_memory) {
    case cgroup_interface::none: return "none";
    case cgroup_interface::v1: return "v1";
    case cgroup_interface::v2: return "v2";
  }
  return "unknown";
}

[[nodiscard]] constexpr const char* name(call_filter filter) noexcept {
  switch (filter) {
    case call_filter::none: return "none";
    case call_filter::strict: return "strict";
    case call_filter::program: return "filter";
  }
  return "unknown";
}

}  // namespace quire
