// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory limits of this process's control groups, for both versions of control groups.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup.hpp>
#include <quire/system/linux/cgroup_location.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/sysfs_list.hpp>

namespace quire::detail {

/// A limit and its usage. At one that throttles, no call fails and no process is killed, but growth beyond it slows
/// down to a standstill.
struct memory_limit {
  std::string_view owner, limit, usage;
  bool throttles = false, is_optional = false;  // optional: a kernel may lack the file
};
struct memory_group_files {
  memory_limit limits[2];
  std::size_t hard;           // which of them
  std::string_view cache[4];  // in memory.stat, descendants included: file pages, and those that are not clean
};
/// Only with swap accounting, version 1 has a limit on memory and swap together.
inline constexpr memory_group_files files_of_v1{
    {{"cgroup v1", "memory.limit_in_bytes", "memory.usage_in_bytes"},
     {"cgroup v1", "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes", false, true}},
    0,
    {"total_inactive_file", "total_active_file", "total_dirty", "total_writeback"}};
inline constexpr memory_group_files files_of_v2{{{"memory.high of cgroup v2", "memory.high", "memory.current", true},
                                                 {"cgroup v2", "memory.max", "memory.current"}},
                                                1,
                                                {"inactive_file", "active_file", "file_dirty", "file_writeback"}};

/// Bytes that processors may hold charged to a group in advance, 64 pages each (MEMCG_CHARGE_BATCH), until they return
/// them at some time. UINT64_MAX if the number of processors is unknown.
template <class Calls>
[[nodiscard]] std::uint64_t memcg_stock_bytes() noexcept {
  const auto processors = numbers_in<Calls>("/sys/devices/system/cpu/online");
  return processors && *processors != 0 ? std::uint64_t{64} * *processors * Calls::page_bytes() : UINT64_MAX;
}
/// Bytes by which memory.stat may be out of date: as many that each processor has not reported yet, and as many that
/// the kernel tolerates before it sums up.
template <class Calls>
[[nodiscard]] std::uint64_t memcg_stat_error() noexcept {
  const std::uint64_t held = memcg_stock_bytes<Calls>();
  return held > UINT64_MAX / 2 ? held : 2 * held;
}

/// A control group that accounts for memory.
template <class Calls>
class memory_group : public control_group<Calls> {
 public:
  constexpr memory_group(const control_group_place& place, std::string_view below) noexcept
      : control_group<Calls>(place, below), files_(place.version == cgroup_version::v1 ? files_of_v1 : files_of_v2) {}

  [[nodiscard]] constexpr const auto& limits() const noexcept { return files_.limits; }
  /// In bytes: `no_limit` if it is not set, unknown if it is hidden.
  [[nodiscard]] optional_count read(const memory_limit& which) const noexcept {
    return this->limit_in(which.limit, which.is_optional);
  }
  [[nodiscard]] constexpr const memory_limit& hard() const noexcept { return files_.limits[files_.hard]; }
  [[nodiscard]] optional_count usage() const noexcept { return this->number(hard().usage); }
  /// Of version 1: the smallest limit of this group and its ancestors, hidden ones included.
  [[nodiscard]] optional_count hierarchical_limit() const noexcept {
    return field_in<Calls>(this->path_of("memory.stat").c_str(), "hierarchical_memory_limit");
  }
  /// Lower bound, in bytes, of the usage that the kernel reclaims before the limit is met: clean file pages, except
  /// those that the group `inside` keeps. (The group's own memory.min does not protect it from its own limit.) Unknown
  /// if that amount is hidden.
  [[nodiscard]] optional_count reclaimable(const memory_group* inside) const noexcept {
    const auto [inactive, active, dirty, written] = fields_in<Calls>(
        this->path_of("memory.stat").c_str(), {files_.cache[0], files_.cache[1], files_.cache[2], files_.cache[3]});
    if (!inactive || !active || !dirty || !written) return 0;
    const std::uint64_t all = *inactive + *active, unclean = *dirty + *written;
    const std::uint64_t clean = all - std::min(all, unclean);
    if (clean == 0) return 0;
    const std::uint64_t sure = clean - std::min(clean, memcg_stat_error<Calls>());
    const optional_count kept = inside == nullptr ? optional_count(0) : inside->kept_from_others();
    return kept ? optional_count(sure - std::min(sure, *kept)) : std::nullopt;
  }
  /// Upper bound, in bytes, of the file pages that memory.min keeps when ancestors need memory: the part of memory.min
  /// that the rest of the usage leaves. Version 1 has no such protection.
  [[nodiscard]] optional_count kept_from_others() const noexcept {
    if (&files_ == &files_of_v1) return 0;
    const optional_count least = this->number("memory.min");
    if (least ? *least == 0 : this->lacks("memory.min")) return 0;
    const auto [inactive, active] =
        fields_in<Calls>(this->path_of("memory.stat").c_str(), {files_.cache[0], files_.cache[1]});
    const optional_count used = usage();
    if (!least || !inactive || !active || !used) return std::nullopt;
    const std::uint64_t delay = memcg_stat_error<Calls>(), to_be_taken = *used - std::min(*used, *least);
    const std::uint64_t cache = *inactive + *active, most = cache > UINT64_MAX - delay ? UINT64_MAX : cache + delay;
    return std::min(*least, most - std::min(most, to_be_taken));
  }

 private:
  const memory_group_files& files_;
};

template <class Calls>
[[nodiscard]] constexpr memory_group<Calls> own_group(const control_group_place& place) noexcept {
  return {place, place.group.view()};
}

/// The cache is read only if it may matter, because the kernel takes a while to count it.
template <class Calls>
void consider_room(limit_analysis& v, const memory_group<Calls>& group, const memory_group<Calls>* inside,
                   const memory_limit& which, std::uint64_t limit) noexcept {
  optional_count usage = group.number(which.usage);
  if (usage && !v.is_enough(limit - std::min(limit, *usage))) {
    const optional_count cache = group.reclaimable(inside);
    usage = cache ? optional_count(*usage - std::min(*usage, *cache)) : std::nullopt;
  }
  v.consider({limit_kind::configured, which.owner, usage, limit});
}

/// Only the root of all groups of version 1 has the file that tells it from a container's root. Version 2 does not tell
/// of hidden limits. Unknown if it is hidden.
template <class Calls>
[[nodiscard]] optional_count least_limit_of_all(const control_group_place& place) noexcept {
  const memory_group<Calls> outermost(place, "");
  if (place.version != cgroup_version::v1 || outermost.has("cgroup.sane_behavior")) return no_limit;
  return own_group<Calls>(place).hierarchical_limit();
}

/// Whether limits that throttle count.
enum class throttling : bool { ignored, counts };

/// A group's memory is bounded by all its ancestors. Returns an upper bound, in bytes, of the file pages that the
/// groups keep from others on the machine.
template <class Calls>
std::uint64_t consider_cgroups(limit_analysis& v, throttling high) noexcept {
  const auto place = find_control_group<Calls>("memory");
  if (!place) v.consider({limit_kind::configured, "cgroup", {}, {}});
  if (!place || place->version == cgroup_version::none) return 0;
  const std::string_view owner = memory_group<Calls>(*place, "").hard().owner;
  bool overlooked = !place->sees_own;
  std::uint64_t least = no_limit, kept = 0;
  const auto consider = [&](const memory_group<Calls>& group, const memory_group<Calls>* inside) {
    const optional_count keeps = group.kept_from_others();
    kept = std::max(kept, keeps.value_or(0));
    overlooked = overlooked || !keeps;
    for (const memory_limit& which : group.limits()) {
      if (which.throttles && high == throttling::ignored) continue;
      const optional_count limit = group.read(which);
      overlooked = overlooked || !limit;
      if (!limit || *limit == no_limit) continue;
      if (!which.throttles) least = std::min(least, *limit);
      consider_room(v, group, inside, which, *limit);
    }
  };
  if (place->sees_own) for_each_group<memory_group<Calls>>(*place, consider);
  const optional_count all = overlooked ? std::nullopt : least_limit_of_all<Calls>(*place);
  if (!all || *all < least) v.consider({limit_kind::configured, owner, {}, all});
  return kept;
}

}  // namespace quire::detail
