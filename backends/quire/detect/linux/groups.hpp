// SPDX-License-Identifier: BSL-1.0
#pragma once
// The control groups of this process that limit memory.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::detail {

/// The combined limits of the groups on the path to the root.
template <class Calls>
class groups_on_path {
 public:
  explicit groups_on_path(const control_group_place& place) noexcept : place_(place) {
    if (place.sees_own)
      walk();
    else
      lose();
  }

  /// Of the visible groups; unknown if one of them does not report its limit.
  [[nodiscard]] std::optional<limited_group> smallest() const noexcept {
    return !failed_ ? std::optional(smallest_) : std::nullopt;
  }
  [[nodiscard]] std::optional<limited_group> tightest() const noexcept {
    return !failed_ && !hides_room_ ? std::optional(tightest_) : std::nullopt;
  }
  [[nodiscard]] optional_count throttled() const noexcept { return throttled_; }
  /// Whether all limits on the path are visible; unknown if the mounts cannot be read either.
  [[nodiscard]] std::optional<bool> whole() const noexcept {
    return place_.sees_own || place_.sees_mounts ? std::optional(!is_one_hidden_ && nothing_beyond_) : std::nullopt;
  }
  /// Version 1 can switch its killer off; this reads the group whose limit is met first.
  [[nodiscard]] std::optional<bool> kills() const noexcept {
    if (place_.version == cgroup_version::v2) return true;
    const auto& first = tightest() ? tightest_.path : smallest_.path;
    if (failed_ || first.view().empty() || !first.complete()) return std::nullopt;
    path_buffer file(first.view());
    const optional_count off = field_in<Calls>((file += "/memory.oom_control").c_str(), "oom_kill_disable");
    return off ? std::optional(*off == 0) : std::nullopt;
  }

 private:
  void walk() noexcept {
    for_each_group<memory_group<Calls>>(place_,
                                        [this](const auto& group, const auto* inside) { this->add(group, inside); });
    if (place_.version == cgroup_version::v1) return look_beyond_the_mount();
    // In version 2, only the root of all groups has neither of these files.
    const control_group<Calls> outermost(place_, "");
    nothing_beyond_ = place_.sees_root && outermost.state_of("memory.max") == file_state::absent &&
                      outermost.state_of("cgroup.events") == file_state::absent;
  }
  void add(const memory_group<Calls>& group, const memory_group<Calls>* inside) noexcept {
    const optional_count limit = group.read(group.hard());
    if (!limit && file_state_of<Calls>(group.path()) == file_state::absent) return lose();
    failed_ = failed_ || !limit;
    if (limit && *limit != no_limit)
      add({decltype(limited_group::path)(group.path().view()), *limit, group.usage(),
           group.reclaimable(inside).value_or(0)});
    for (const memory_limit& which : group.limits()) {
      if (!which.throttles) continue;
      const optional_count high = group.read(which);
      throttled_ = throttled_ && high ? optional_count(std::min(*throttled_, *high)) : std::nullopt;
    }
  }
  void add(const limited_group& group) noexcept {
    if (group.limit < smallest_.limit) smallest_ = group;
    if (!group.room())
      hides_room_ = true;
    else if (*group.room() < *tightest_.room())
      tightest_ = group;
  }
  /// Version 1 reports the smallest of all limits in the innermost group, hidden groups included.
  void look_beyond_the_mount() noexcept {
    const optional_count least = own_group<Calls>(place_).hierarchical_limit();
    if (!least) {
      failed_ = true;
      return;
    }
    nothing_beyond_ = std::min(*least, unlimited) >= std::min(smallest_.limit, unlimited);
    if (!nothing_beyond_) add({{}, *least, std::nullopt, 0});
  }

  /// A hidden group may have any limit.
  void lose() noexcept {
    is_one_hidden_ = failed_ = true;
    throttled_.reset();
  }

  const control_group_place& place_;
  bool is_one_hidden_ = false, failed_ = false, nothing_beyond_ = false, hides_room_ = false;
  limited_group smallest_, tightest_;
  optional_count throttled_ = no_limit;
};

template <class Calls>
[[nodiscard]] control_group_facts groups_of_linux() noexcept {
  constexpr std::string_view membership = "/proc/self/cgroup";
  constexpr std::string_view limits = "memory.max or memory.limit_in_bytes of each group";
  const auto place = find_control_group<Calls>("memory");
  control_group_facts facts;
  facts.layout = {place ? std::optional(place->layout) : std::nullopt, membership};
  facts.memory_interface = {place ? std::optional(place->version) : std::nullopt, membership};
  facts.smallest = facts.tightest = reading<limited_group>::unknown(limits);
  facts.throttled = reading<std::uint64_t>::unknown("memory.high of each group");
  facts.whole_path = reading<bool>::unknown("/proc/self/mountinfo");
  facts.kills = reading<bool>::unknown("memory.oom_control");
  if (!place) return facts;
  if (place->version == cgroup_version::none) {
    facts.smallest = facts.tightest = {limited_group{}, membership};
    facts.throttled = {no_limit, membership};
    facts.whole_path = {true, membership};
    return facts;
  }
  const groups_on_path<Calls> path(*place);
  facts.smallest = {path.smallest(), limits};
  facts.tightest = {path.tightest(), limits};
  facts.throttled = {path.throttled(), facts.throttled.source()};
  facts.whole_path = {path.whole(), facts.whole_path.source()};
  facts.kills = {path.kills(), facts.kills.source()};
  return facts;
}

}  // namespace quire::detail
