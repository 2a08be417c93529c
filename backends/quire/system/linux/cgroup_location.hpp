// SPDX-License-Identifier: BSL-1.0
#pragma once
// Locates the control group that accounts for a process's memory or huge pages: its version, mount and path.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/system/linux/cgroup_mounts.hpp>
#include <quire/system/machine_modes.hpp>
#include <quire/system/text/line_reader.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// A line of /proc/self/cgroup: "4:cpu,memory:/group" of version 1, "0::/group" of version 2.
struct group_line {
  std::string_view controllers{}, path{};

  [[nodiscard]] bool read(std::string_view line) noexcept {
    std::uint64_t hierarchy = 0;
    if (!take_number(line, hierarchy) || !take(line, ":")) return false;
    if (line.find(':') == std::string_view::npos) return false;
    controllers = take_until(line, ':');
    path = line;
    return true;
  }
  [[nodiscard]] constexpr bool is_v2() const noexcept { return controllers.empty(); }
  [[nodiscard]] constexpr bool accounts(std::string_view controller) const noexcept {
    return list_contains(controllers, controller);
  }
};

/// The location for one controller, "memory" or "hugetlb". Invisible parts are unknown: if no mount shows the group,
/// only the version is known, and the mounts belong to other groups.
struct control_group_place {
  cgroup_layout layout = cgroup_layout::none;
  cgroup_version version = cgroup_version::none;  // none: no group accounts for it
  std::string_view controller{};
  path_buffer mount;         // without a final slash
  path_buffer group;         // below the mount: empty for the mount's own group, or "/outer/inner"
  bool sees_own = false;     // whether both are known: the mount shows this process's own group
  bool sees_root = false;    // whether all ancestors are visible, as far as mounts show
  bool sees_mounts = false;  // whether mounts could be read; otherwise it is unknown what they show
};

/// Finds a mount through which the group's directory is reachable; among several, the one that shows the most
/// ancestors.
template <class Calls>
void find_mount(control_group_place& place, std::string_view group) noexcept {
  line_reader<Calls> lines("/proc/self/mountinfo");
  std::size_t root_of_best = SIZE_MAX;
  bool inconclusive = false;
  mount_line mount;
  for (std::string_view line; root_of_best > 1 && lines.next(line);) {
    const bool is_whole = mount.read(line, lines.cut());
    inconclusive = inconclusive || !is_whole;
    if (!is_whole || !mount.shows(place.version, place.controller)) continue;
    const path_buffer root = unescaped(mount.root), where = unescaped(mount.where);
    std::string_view below;
    if (!lies_in(group, root, below) || root.view().size() >= root_of_best) continue;
    const way_to_group way{place.version, place.controller, group, path_buffer(where) += below};
    const auto leads = way.folder.complete() ? leads_through<Calls>(way, mount.id) : std::nullopt;
    inconclusive = inconclusive || !leads;
    if (!leads || !*leads) continue;
    root_of_best = root.view().size();
    place.mount = where;
    place.group = path_buffer(below);
    place.sees_own = true;
    place.sees_root = root == "/";
  }
  place.sees_mounts = root_of_best == 1 || (lines.complete() && !inconclusive && !group.empty());
}

/// Unknown if /proc/self/cgroup is hidden, or one of its lines is too long to read.
template <class Calls>
[[nodiscard]] std::optional<control_group_place> find_control_group(std::string_view controller) noexcept {
  line_reader<Calls> lines("/proc/self/cgroup");
  control_group_place place;
  place.controller = controller;
  path_buffer group;
  bool has_v1 = false, has_v2 = false;
  group_line one;
  for (std::string_view line; lines.next(line);) {
    if (!one.read(line)) {
      if (lines.cut()) return std::nullopt;
      continue;
    }
    (one.is_v2() ? has_v2 : has_v1) = true;
    if (!one.accounts(controller) && (!one.is_v2() || place.version == cgroup_version::v1)) continue;
    place.version = one.is_v2() ? cgroup_version::v2 : cgroup_version::v1;
    group = lines.cut() ? path_buffer() : path_buffer(one.path);  // an empty one is in no mount
  }
  if (!lines.complete()) return std::nullopt;
  place.layout = has_v1 && has_v2 ? cgroup_layout::hybrid
                 : has_v1         ? cgroup_layout::v1
                 : has_v2         ? cgroup_layout::v2
                                  : cgroup_layout::none;
  if (place.version != cgroup_version::none) find_mount<Calls>(place, group.complete() ? group.view() : "");
  return place;
}

}  // namespace quire::detail
