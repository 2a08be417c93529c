// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mounts of control groups, and whether a path really leads into one: a later mount may cover it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/system/bounded.hpp>
#include <quire/system/machine_modes.hpp>
#include <quire/system/text/line_reader.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

[[nodiscard]] constexpr bool list_contains(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty())
    if (take_until(list, ',') == wanted) return true;
  return false;
}

/// A line of /proc/self/mountinfo: "35 31 0:32 /root /where rw,relatime shared:7 - cgroup cgroup rw,memory".
struct mount_line {
  std::uint64_t id = 0, parent = 0;
  std::string_view root{}, where{}, type{}, options{};

  /// False if the line is cut before its relevant part. A malformed line has no type.
  [[nodiscard]] bool read(std::string_view line, bool is_cut) noexcept {
    *this = {};
    const bool has_numbers = take_column(line, id) && take_column(line, parent);
    (void)take_until(line, ' ');  // device
    root = take_until(line, ' ');
    where = take_until(line, ' ');
    const std::size_t mark = line.find(" - ");
    line.remove_prefix(mark == std::string_view::npos ? line.size() : mark + 3);
    const std::size_t end_of_type = line.find(' ');
    if (is_cut && end_of_type == std::string_view::npos) return false;
    if (has_numbers && root.starts_with('/') && where.starts_with('/')) type = take_until(line, ' ');
    (void)take_until(line, ' ');  // source
    options = line;
    return !is_cut || !type.starts_with("cgroup");
  }
  [[nodiscard]] constexpr bool shows(cgroup_version version, std::string_view controller) const noexcept {
    if (version == cgroup_version::v2) return type == "cgroup2";
    return type == "cgroup" && list_contains(options, controller);
  }

 private:
  static bool take_column(std::string_view& line, std::uint64_t& number) noexcept {
    return take_number(line, number) && take(line, " ");
  }
};

/// mountinfo writes blanks, tabs, newlines and backslashes of a path as three octal digits.
[[nodiscard]] constexpr path_buffer unescaped(std::string_view text) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '7'; };
  path_buffer path;
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

/// Whether `path` is `folder` or lies inside it, compared by components.
[[nodiscard]] constexpr bool is_within(std::string_view path, std::string_view folder) noexcept {
  if (folder == "/") return path.starts_with('/');
  return !folder.empty() && path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// A mount shows the groups from its root on. In another namespace's view both may begin with "/..": then the names of
/// the groups between them are unknown, and no path leads from one to the other.
[[nodiscard]] constexpr bool lies_in(std::string_view group, const path_buffer& root,
                                     std::string_view& below) noexcept {
  if (!root.complete() || !is_within(group, root.view())) return false;
  below = group.substr(root == "/" ? 0 : root.view().size());
  if (below == "/") below = "";
  return !is_within(below, "/..");
}

/// A group of one hierarchy, and a directory that may be its own.
struct way_to_group {
  cgroup_version version;
  std::string_view controller, group;
  path_buffer folder;

  /// Whether the directory would be the group's own if the path led to this mount.
  [[nodiscard]] constexpr bool is_shown_by(const mount_line& mount, std::string_view where) const noexcept {
    std::string_view below;
    if (!mount.shows(version, controller) || !lies_in(group, unescaped(mount.root), below)) return false;
    return folder.view().substr(where.size()) == below;
  }
};

/// Mounts whose mount points lie on one path, so that the length of a mount point identifies it.
class mounts_on_path {
 public:
  struct one {
    std::uint64_t id, parent;
    std::size_t length;
    bool shows;  // the group that is looked for
  };
  static constexpr std::size_t most = 64;

  constexpr void add(const one& mount) noexcept { all_.push_back(mount); }
  [[nodiscard]] constexpr bool complete() const noexcept { return all_.complete(); }

  /// Whether the path leads through this mount, and through no further one that does not show the same group.
  [[nodiscard]] constexpr bool lead_through(std::uint64_t id) const noexcept {
    const one* through = nullptr;
    for (const one& each : all_)
      if (each.id == id && each.shows && is_reached(each)) through = &each;
    if (through == nullptr) return false;
    for (const one& each : all_)
      if (each.length >= through->length && !each.shows && is_reached(each)) return false;
    return true;
  }

 private:
  /// A mount over the root directory stays hidden: paths begin below it.
  static constexpr bool can_cover(const one& mount) noexcept { return mount.length > 1; }

  [[nodiscard]] constexpr bool is_reached(const one& mount) const noexcept {
    for (const one& other : all_)
      if (&other != &mount && other.parent == mount.id && other.length == mount.length && can_cover(other))
        return false;
    const one* on_way = &mount;
    for (std::size_t steps = 0; on_way != nullptr && steps < most; ++steps) {
      if (is_passed_by(*on_way)) return false;
      on_way = parent_of(*on_way);
    }
    return true;
  }
  /// Whether the path leaves the mount that holds this one before it reaches this one.
  [[nodiscard]] constexpr bool is_passed_by(const one& mount) const noexcept {
    for (const one& other : all_) {
      if (&other == &mount || other.parent != mount.parent || !can_cover(other)) continue;
      if (other.length < mount.length || (other.length == mount.length && &other > &mount)) return true;
    }
    return false;
  }
  [[nodiscard]] constexpr const one* parent_of(const one& mount) const noexcept {
    for (const one& other : all_)
      if (&other != &mount && other.id == mount.parent) return &other;
    return nullptr;
  }

  bounded_list<one, most> all_;
};

/// Unknown if mounts are hidden, or if more of them lie on the path than can be stored.
template <class Calls>
[[nodiscard]] std::optional<bool> leads_through(const way_to_group& way, std::uint64_t id) noexcept {
  line_reader<Calls> lines("/proc/self/mountinfo");
  mounts_on_path on_path;
  mount_line mount;
  for (std::string_view line; lines.next(line);) {
    const bool is_whole = mount.read(line, lines.cut());
    const path_buffer where = unescaped(mount.where);
    if (!where.complete()) continue;  // longer than any directory that is looked for
    if (!is_whole) return std::nullopt;
    if (mount.type.empty() || !is_within(way.folder.view(), where.view())) continue;
    on_path.add({mount.id, mount.parent, where.view().size(), way.is_shown_by(mount, where.view())});
  }
  return lines.complete() && on_path.complete() ? std::optional(on_path.lead_through(id)) : std::nullopt;
}

}  // namespace quire::detail
