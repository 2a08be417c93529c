// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether memory is short according to the values of headroom.
#include <algorithm>
#include <cstdint>
#include <optional>

#include <quire/policy/attributes.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/headroom.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/pressure.hpp>

namespace quire::detail {

/// The pressure at the nearest limit with less room than requested; a hidden limit causes none.
template <class Calls>
[[nodiscard]] pressure pressure_by_room(const pressure_request& request) noexcept {
  if (request.least_room == 0) return pressure::none;
  limit_analysis v(request.least_room, 0);
  consider_headroom<Calls>(v, {});
  if (!v.is_exhausted()) return pressure::none;
  const explanation nearest = v.result();
  if (nearest.room().value_or(nearest.limit.value_or(0)) < request.least_room / 4) return pressure::critical;
  return request.at == pressure::tight ? pressure::tight : pressure::none;
}

/// Whether a group on the path has a limit below `bytes`; in version 2, memory.high counts as well.
template <class Calls>
[[nodiscard]] bool is_limited_below(const control_group_place& place, std::uint64_t bytes) noexcept {
  bool limited = false;
  for_each_group<memory_group<Calls>>(place, [&](const memory_group<Calls>& group, const memory_group<Calls>*) {
    for (const memory_limit& which : group.limits()) limited = limited || group.read(which).value_or(no_limit) < bytes;
  });
  return limited;
}

/// Whether a limit is tighter than the machine's memory, whose shortage shows in stalls: a limit of the process, of
/// commits, of nodes, or, unless their usage is watched, of groups.
template <class Calls>
[[nodiscard]] bool has_limit_without_events(const std::optional<control_group_place>& place,
                                            bool usage_is_watched) noexcept {
  for (const explanation& each : {data_limit<Calls>(), commit_limit<Calls>()})
    if (each.limit && *each.limit < unlimited) return true;
  const explanation machine = memory_within_reach<Calls>(numa_request{});
  if (!machine.owner.empty()) return machine.limit.has_value();
  if (!place || place->version == cgroup_version::none || usage_is_watched) return false;
  return is_limited_below<Calls>(*place, std::min(machine.limit.value_or(unlimited), unlimited));
}

/// Whether this process may be among those that wait on the machine. It is not if an eighth of the machine's memory is
/// available and no group on the path is nearly full: then other groups meet limits of their own.
template <class Calls>
[[nodiscard]] bool may_have_to_wait(const std::optional<control_group_place>& place,
                                    std::uint64_t least_room) noexcept {
  const explanation machine = memory_within_reach<Calls>(numa_request{});
  if (!machine.owner.empty() || !machine.room() || *machine.room() <= *machine.limit / 8) return true;
  if (!place || !place->sees_own) return true;
  bool full = false;
  std::uint64_t least = no_limit;
  for_each_group<memory_group<Calls>>(*place, [&](const memory_group<Calls>& group, const memory_group<Calls>*) {
    const optional_count limit = group.read(group.hard());
    if (!limit || *limit == no_limit) return;
    least = std::min(least, *limit);
    const optional_count used = group.usage();
    full = full || !used || *limit - std::min(*limit, *used) <= std::max(least_room, *limit / 8);
  });
  return full || least_limit_of_all<Calls>(*place).value_or(0) < std::min(least, unlimited);
}

}  // namespace quire::detail
