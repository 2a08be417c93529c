// SPDX-License-Identifier: BSL-1.0
#pragma once
// How much of a pool of huge pages the control groups leave to this process.
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/explanation.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup.hpp>
#include <quire/system/linux/cgroup_location.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// The files of one limit of a group, in bytes, and of its usage.
struct pool_limit_files {
  std::string_view limit, usage;
};
inline constexpr pool_limit_files pool_files_of_v1[] = {{".limit_in_bytes", ".usage_in_bytes"},
                                                        {".rsvd.limit_in_bytes", ".rsvd.usage_in_bytes"}};
inline constexpr pool_limit_files pool_files_of_v2[] = {{".max", ".current"}, {".rsvd.max", ".rsvd.current"}};

/// "hugetlb.2MB", as the kernel writes sizes there.
[[nodiscard]] constexpr path_buffer pool_in_a_group(std::uint64_t huge_bytes) noexcept {
  path_buffer name("hugetlb.");
  const unsigned shift = huge_bytes >> 30 != 0 ? 30 : huge_bytes >> 20 != 0 ? 20 : 10;
  name += std::uint64_t{huge_bytes >> shift};
  return name += shift == 30 ? "GB" : shift == 20 ? "MB" : "KB";
}

/// Calls f(explanation) for each limit on the path, `no_limit` included: on allocated pages, and on reserved ones.
/// Committed pages count as both. An explanation without values stands for hidden groups.
template <class Calls, class F>
void for_each_pool_limit(const control_group_place& place, std::uint64_t huge_bytes, F f) noexcept {
  if (place.version == cgroup_version::none) return;
  const bool v1 = place.version == cgroup_version::v1;
  const std::string_view owner = v1 ? "cgroup v1, huge pages" : "cgroup v2, huge pages";
  const explanation hidden{limit_kind::configured, owner, {}, {}};
  if (!place.sees_own) return f(hidden);
  using any_group = control_group<Calls>;
  for_each_group<any_group>(place, [&](const any_group& group, const any_group*) {
    if (!group.exists()) return f(hidden);
    const path_buffer file_stem = pool_in_a_group(huge_bytes);
    const auto name_of = [&file_stem](std::string_view file) { return path_buffer(file_stem) += file; };
    for (const pool_limit_files& each : v1 ? pool_files_of_v1 : pool_files_of_v2) {
      const optional_count limit = group.limit_in(name_of(each.limit).view(), true);
      f(explanation{hidden.kind, owner, limit ? group.number(name_of(each.usage).view()) : std::nullopt, limit});
    }
  });
}

template <class Calls>
void consider_pool_groups(limit_analysis& v, std::uint64_t huge_bytes) noexcept {
  const auto place = find_control_group<Calls>("hugetlb");
  if (!place) return v.consider({limit_kind::configured, "cgroup", {}, {}});
  for_each_pool_limit<Calls>(*place, huge_bytes, [&v](const explanation& limit) { v.consider(limit); });
}

}  // namespace quire::detail
