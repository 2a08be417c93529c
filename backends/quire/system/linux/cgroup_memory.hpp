#pragma once
// The memory limits of this process's control groups, for both versions of the interface.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup_location.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/sysfs_list.hpp>

namespace quire::detail {

struct memory_group_files {
  std::string_view owner, limit, usage;
  std::string_view cache[4];  // in memory.stat, descendants included: file pages, and those that are not clean
};
inline constexpr memory_group_files files_of_v1{
    "cgroup v1",
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    {"total_inactive_file", "total_active_file", "total_dirty", "total_writeback"}};
inline constexpr memory_group_files files_of_v2{
    "cgroup v2", "memory.max", "memory.current", {"inactive_file", "active_file", "file_dirty", "file_writeback"}};

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

/// A group of this process, or one of its ancestors.
template <class Calls>
class memory_group {
 public:
  constexpr memory_group(const control_group_place& place, std::string_view below) noexcept
      : files_(place.interface == cgroup_interface::v1 ? files_of_v1 : files_of_v2), folder_(place.mount) {
    folder_ += below;
  }

  [[nodiscard]] constexpr std::string_view path() const noexcept { return folder_.view(); }
  [[nodiscard]] constexpr std::string_view owner() const noexcept { return files_.owner; }
  [[nodiscard]] constexpr path_buffer path_of(std::string_view file) const noexcept {
    path_buffer path = folder_;
    return (path += "/") += file;
  }
  [[nodiscard]] bool has(std::string_view file) const noexcept {
    return line_reader<Calls>(path_of(file).c_str()).is_open();
  }
  [[nodiscard]] optional_count number(std::string_view file) const noexcept {
    return number_in<Calls>(path_of(file).c_str());
  }
  /// In bytes. Unknown if the group is hidden, does not account for memory, or is the root of version 2.
  [[nodiscard]] optional_count limit() const noexcept { return number(files_.limit); }
  /// Whether the group exists and has no such file, as opposed to one that cannot be read.
  [[nodiscard]] bool lacks(std::string_view file) const noexcept {
    return file_state_of<Calls>(path_of(file)) == file_state::absent &&
           file_state_of<Calls>(path_of("cgroup.procs")) == file_state::exists;
  }
  [[nodiscard]] bool has_no_limit() const noexcept { return lacks(files_.limit); }
  [[nodiscard]] optional_count usage() const noexcept { return number(files_.usage); }
  /// Lower bound, in bytes, of the usage that the kernel reclaims before the limit is met: clean file pages, except
  /// those that the group `inside` keeps. (The group's own memory.min does not protect it from its own limit.) Unknown
  /// if that amount is hidden.
  [[nodiscard]] optional_count reclaimable(const memory_group* inside) const noexcept {
    const auto [inactive, active, dirty, written] = fields_in<Calls>(
        path_of("memory.stat").c_str(), {files_.cache[0], files_.cache[1], files_.cache[2], files_.cache[3]});
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
    if (files_.owner == files_of_v1.owner) return 0;
    const optional_count least = number("memory.min");
    if (least ? *least == 0 : lacks("memory.min")) return 0;
    const auto [inactive, active] =
        fields_in<Calls>(path_of("memory.stat").c_str(), {files_.cache[0], files_.cache[1]});
    const optional_count used = usage();
    if (!least || !inactive || !active || !used) return std::nullopt;
    const std::uint64_t delay = memcg_stat_error<Calls>(), to_be_taken = *used - std::min(*used, *least);
    const std::uint64_t cache = *inactive + *active, most = cache > UINT64_MAX - delay ? UINT64_MAX : cache + delay;
    return std::min(*least, most - std::min(most, to_be_taken));
  }

 private:
  const memory_group_files& files_;
  path_buffer folder_;
};

/// Calls f(group, inside) from the innermost group outwards; `inside` is the previous group, or null.
template <class Calls, class F>
void for_each_memory_group(const control_group_place& place, F f) noexcept {
  std::optional<memory_group<Calls>> inside;
  for_each_group(place, [&](std::string_view below) {
    const memory_group<Calls> group(place, below);
    f(group, inside ? &*inside : nullptr);
    inside.emplace(group);
  });
}

/// The cache is read only if it may matter, because the kernel takes a while to count it.
template <class Calls>
void consider_room(limit_analysis& v, const memory_group<Calls>& group, const memory_group<Calls>* inside,
                   std::uint64_t limit, optional_count usage, std::string_view owner) noexcept {
  if (usage && !v.is_enough(limit - std::min(limit, *usage))) {
    const optional_count cache = group.reclaimable(inside);
    usage = cache ? optional_count(*usage - std::min(*usage, *cache)) : std::nullopt;
  }
  v.consider({limit_kind::configured, owner, usage, limit});
}

/// cgroup v1 `hierarchical_memory_limit`: the smallest limit of this group and its ancestors, hidden ones included.
/// Only the root of all groups has the file that tells it from a container's root. Version 2 has no such value. Unknown
/// if it is hidden.
template <class Calls>
[[nodiscard]] optional_count least_limit_of_all(const control_group_place& place) noexcept {
  const memory_group<Calls> own(place, place.group.view()), outermost(place, "");
  if (place.interface != cgroup_interface::v1 || outermost.has("cgroup.sane_behavior")) return UINT64_MAX;
  return field_in<Calls>(own.path_of("memory.stat").c_str(), "hierarchical_memory_limit");
}

/// Whether memory.high of version 2 counts as a limit: no call fails there and no process is killed, but growth beyond
/// it slows down to a standstill.
enum class throttling : bool { ignored, counts };

/// Considers memory.high of a group. Returns whether it may have been overlooked, because it is hidden.
template <class Calls>
[[nodiscard]] bool consider_high(limit_analysis& v, const memory_group<Calls>& group,
                                 const memory_group<Calls>* inside) noexcept {
  constexpr std::string_view file = "memory.high";
  const optional_count high = group.number(file);
  if (!high) return file_state_of<Calls>(group.path_of(file)) != file_state::absent;
  if (*high < unlimited) consider_room(v, group, inside, *high, group.usage(), "memory.high of cgroup v2");
  return false;
}

/// A group's memory is bounded by all its ancestors. Returns an upper bound, in bytes, of the file pages that the
/// groups keep from others on the machine.
template <class Calls>
std::uint64_t consider_cgroups(limit_analysis& v, throttling high) noexcept {
  const auto place = find_control_group<Calls>("memory");
  if (!place) v.consider({limit_kind::configured, "cgroup", {}, {}});
  if (!place || place->interface == cgroup_interface::none) return 0;
  if (!place->sees_own) {
    v.consider({limit_kind::configured,
                place->interface == cgroup_interface::v1 ? files_of_v1.owner : files_of_v2.owner,
                {},
                {}});
    return 0;
  }
  constexpr std::string_view limit_of_both = "memory.memsw.limit_in_bytes";
  bool found = false, overlooked = false;
  std::uint64_t least = UINT64_MAX, kept = 0;
  for_each_memory_group<Calls>(*place, [&](const memory_group<Calls>& group, const memory_group<Calls>* inside) {
    const optional_count limit = group.limit();
    const optional_count keeps = group.kept_from_others();
    kept = std::max(kept, keeps.value_or(0));
    found = found || limit;
    overlooked = overlooked || !keeps || (!limit && !group.has_no_limit());
    if (high == throttling::counts && place->interface == cgroup_interface::v2)
      overlooked = consider_high(v, group, inside) || overlooked;
    if (!limit || *limit >= unlimited) return;
    least = std::min(least, *limit);
    consider_room(v, group, inside, *limit, group.usage(), group.owner());
    // Version 1 with swap accounting: the limit on memory and swap together.
    const optional_count both = group.number(limit_of_both);
    overlooked = overlooked || (!both && file_state_of<Calls>(group.path_of(limit_of_both)) != file_state::absent);
    if (both && *both < unlimited)
      consider_room(v, group, inside, *both, group.number("memory.memsw.usage_in_bytes"), group.owner());
  });
  const memory_group<Calls> outermost(*place, "");
  const optional_count all = least_limit_of_all<Calls>(*place);
  // The root of all groups of version 2 has no limit, and no such file.
  if (overlooked || !all || (!found && !outermost.has("cgroup.procs")))
    v.consider({limit_kind::configured, outermost.owner(), {}, {}});
  else if (*all < least)
    v.consider({limit_kind::configured, outermost.owner(), {}, *all});
  return kept;
}

}  // namespace quire::detail
