#pragma once
// Where the control group is that accounts for a process's memory, or its huge pages: which interface, mounted where,
// and its path.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/backing/path_text.hpp>
#include <quire/backing/text_lines.hpp>
#include <quire/machine_modes.hpp>

namespace quire::detail {

/// Takes off what stands before `end`, and `end`; all of it where that does not occur.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& text, char end) noexcept {
  const std::size_t length = text.find(end);
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
  return taken;
}

[[nodiscard]] constexpr bool list_contains(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty())
    if (take_until(list, ',') == wanted) return true;
  return false;
}

/// A line of /proc/self/cgroup: "4:cpu,memory:/group" of version 1, "0::/group" of version 2.
struct group_line {
  std::string_view controllers{}, path{};

  [[nodiscard]] constexpr bool read(std::string_view line) noexcept {
    std::uint64_t hierarchy = 0;
    if (!backing::detail::take_number(line, hierarchy) || !backing::detail::take(line, ":")) return false;
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

/// A line of /proc/self/mountinfo: "35 31 0:32 /root /where rw,relatime shared:7 - cgroup cgroup rw,memory".
struct mount_line {
  std::string_view root{}, where{}, type{}, options{};

  [[nodiscard]] constexpr bool read(std::string_view line) noexcept {
    for (int column = 0; column < 3; ++column) (void)take_until(line, ' ');  // number, parent, device
    root = take_until(line, ' ');
    where = take_until(line, ' ');
    const std::size_t mark = line.find(" - ");
    if (mark == std::string_view::npos) return false;
    line.remove_prefix(mark + 3);
    type = take_until(line, ' ');
    (void)take_until(line, ' ');  // source
    options = line;
    return root.starts_with('/') && where.starts_with('/');
  }
  [[nodiscard]] constexpr bool shows(cgroup_interface interface, std::string_view controller) const noexcept {
    if (interface == cgroup_interface::v2) return type == "cgroup2";
    return type == "cgroup" && list_contains(options, controller);
  }
};

/// mountinfo writes blanks, tabs, newlines and backslashes of a path as three octal digits.
[[nodiscard]] constexpr path_text unescaped(std::string_view text) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '7'; };
  path_text path;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text.front();
    if (c == '\\' && text.size() >= 4 && text[1] <= '3' && digit(text[1]) && digit(text[2]) && digit(text[3])) {
      c = static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
      taken = 4;
    }
    path += std::string_view(&c, 1);
    text.remove_prefix(taken);
  }
  return path;
}

/// Of one controller: "memory" or "hugetlb".
struct control_group_place {
  cgroup_layout layout = cgroup_layout::none;
  cgroup_interface interface = cgroup_interface::none;  // none: nothing is accounted for by groups
  std::string_view controller{};
  path_text mount;         // without a final slash
  path_text group;         // below it: empty for the mount's own group, or "/outer/inner"
  bool sees_own = false;   // whether `group` is this process's own; else it is the innermost known to be around it
  bool sees_root = false;  // whether all groups around it can be seen, as far as mounts tell
};

/// A mount shows the groups from its root on. In another name space's view a group may lie outside of all that is
/// mounted: then what is mounted is around it.
[[nodiscard]] constexpr bool lies_in(std::string_view group, std::string_view root, std::string_view& below) noexcept {
  if (!group.starts_with('/') || (group.starts_with("/..") && !root.starts_with("/.."))) return false;
  if (root == "/") root = "";
  if (!group.starts_with(root)) return false;
  below = group.substr(root.size());
  if (below == "/") below = "";
  return below.empty() || below.starts_with('/');
}

/// Where mounts are hidden the usual places are taken.
constexpr void take_usual_mount(control_group_place& place, std::string_view group) noexcept {
  place.mount = path_text("/sys/fs/cgroup");
  if (place.interface == cgroup_interface::v1) (place.mount += "/") += place.controller;
  std::string_view below;
  place.sees_own = lies_in(group, "/", below);
  place.group = path_text(below);
}

/// The first mount that shows this group, else the first of its kind. False where it cannot be told.
template <class Calls>
[[nodiscard]] bool find_mount(control_group_place& place, std::string_view group) noexcept {
  backing::detail::text_lines<Calls> lines("/proc/self/mountinfo");
  take_usual_mount(place, group);
  if (!lines.is_open()) return true;
  bool found = false;
  mount_line mount;
  for (std::string_view line; lines.next(line);) {
    if (!mount.read(line) || !mount.shows(place.interface, place.controller)) continue;
    const path_text root = unescaped(mount.root);
    std::string_view below;
    const bool shown = lies_in(group, root.view(), below);
    if (found && !shown) continue;
    found = true;
    place.mount = unescaped(mount.where);
    place.group = path_text(below);
    place.sees_own = shown;
    place.sees_root = shown && root.view() == "/";
    if (shown) return true;
  }
  return lines.complete();
}

/// Unknown where /proc/self/cgroup is hidden.
template <class Calls>
[[nodiscard]] std::optional<control_group_place> find_control_group(std::string_view controller) noexcept {
  backing::detail::text_lines<Calls> lines("/proc/self/cgroup");
  control_group_place place;
  place.controller = controller;
  path_text group;
  bool has_v1 = false, has_v2 = false;
  group_line one;
  for (std::string_view line; lines.next(line);) {
    if (!one.read(line)) continue;
    (one.is_v2() ? has_v2 : has_v1) = true;
    if (!one.accounts(controller) && (!one.is_v2() || place.interface == cgroup_interface::v1)) continue;
    place.interface = one.is_v2() ? cgroup_interface::v2 : cgroup_interface::v1;
    group = path_text(one.path);
  }
  if (!lines.complete()) return std::nullopt;
  place.layout = has_v1 && has_v2 ? cgroup_layout::hybrid
                 : has_v1         ? cgroup_layout::v1
                 : has_v2         ? cgroup_layout::v2
                                  : cgroup_layout::none;
  const bool known = place.interface == cgroup_interface::none || find_mount<Calls>(place, group.view());
  return known ? std::optional(place) : std::nullopt;
}

/// Calls f(its path below the mount) for each group, from the innermost outwards, as far as they are mounted.
template <class F>
constexpr void for_each_group(const control_group_place& place, F f) noexcept {
  std::string_view below = place.group.view();
  for (;;) {
    f(below);
    if (below.empty()) return;
    const std::size_t last = below.rfind('/');
    below = below.substr(0, last == std::string_view::npos ? 0 : last);
  }
}

}  // namespace quire::detail
