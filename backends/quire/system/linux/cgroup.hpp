// SPDX-License-Identifier: BSL-1.0
#pragma once
// The files of one control group, and the limits in them.
#include <optional>
#include <string_view>

#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup_location.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/reading.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// A group of this process, or one of its ancestors.
template <class Calls>
class control_group {
 public:
  /// `below` is the path below the mount, empty for the mount's own group.
  constexpr control_group(const control_group_place& place, std::string_view below) noexcept : folder_(place.mount) {
    folder_ += below;
  }

  [[nodiscard]] constexpr const path_buffer& path() const noexcept { return folder_; }
  [[nodiscard]] constexpr path_buffer path_of(std::string_view file) const noexcept {
    path_buffer path = folder_;
    return (path += "/") += file;
  }
  [[nodiscard]] file_state state_of(std::string_view file) const noexcept {
    return file_state_of<Calls>(path_of(file));
  }
  [[nodiscard]] bool has(std::string_view file) const noexcept { return state_of(file) == file_state::exists; }
  [[nodiscard]] bool exists() const noexcept { return has("cgroup.procs"); }
  /// Whether the group exists and has no such file, as opposed to one that cannot be read.
  [[nodiscard]] bool lacks(std::string_view file) const noexcept {
    return state_of(file) == file_state::absent && exists();
  }
  [[nodiscard]] optional_count number(std::string_view file) const noexcept {
    return number_in<Calls>(path_of(file).c_str());
  }
  /// In bytes; `no_limit` if the group has no such file, as the root and groups without accounting have none. Unknown
  /// if the file is hidden, or the group, unless any group may lack the file.
  [[nodiscard]] optional_count limit_in(std::string_view file, bool is_optional = false) const noexcept {
    if (const optional_count limit = number(file)) return *limit < unlimited ? *limit : no_limit;
    const bool is_absent = state_of(file) == file_state::absent && (is_optional || exists());
    return is_absent ? optional_count(no_limit) : std::nullopt;
  }

 private:
  path_buffer folder_;
};

/// Calls f(group, inside) from the innermost group outwards, as far as they are mounted; `inside` is the previous
/// group, or null. Precondition: `place.sees_own`.
template <class Group, class F>
void for_each_group(const control_group_place& place, F f) noexcept {
  std::optional<Group> inside;
  for (std::string_view below = place.group.view();; below = below.substr(0, below.rfind('/'))) {
    const Group group(place, below);
    f(group, inside ? &*inside : nullptr);
    if (below.empty()) return;
    inside.emplace(group);
  }
}

}  // namespace quire::detail
