#pragma once
// The memory limits of the control groups that this process is in, of both versions of the interface.
#include <cstddef>
#include <string_view>

#include <quire/backing/linux_figures.hpp>
#include <quire/backing/verdict.hpp>

namespace quire::detail {

struct cgroup_files {
  std::string_view whose, root, limit, usage;
};
inline constexpr cgroup_files cgroup_v1{"cgroup v1", "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                        "memory.usage_in_bytes"};
inline constexpr cgroup_files cgroup_v2{"cgroup v2", "/sys/fs/cgroup", "memory.max", "memory.current"};

template <class Calls>
[[nodiscard]] figure cgroup_figure(const cgroup_files& files, std::string_view group, std::string_view file) noexcept {
  path_text path;
  ((path += files.root) += group) += "/";
  return number_in<Calls>((path += file).c_str());
}

/// A group's memory is bounded by all groups around it. In a container the path may be that of another name space: then
/// only groups near the root are found, which hold as well.
template <class Calls>
void consider_group(verdict& v, const cgroup_files& files, std::string_view group) noexcept {
  bool found = false;
  for (;;) {
    if (group == "/") group = "";
    if (const auto limit = cgroup_figure<Calls>(files, group, files.limit)) {
      found = true;
      v.consider({wall::limit, files.whose, cgroup_figure<Calls>(files, group, files.usage), limit});
    }
    if (group.empty()) break;
    const std::size_t last = group.rfind('/');
    group = group.substr(0, last == std::string_view::npos ? 0 : last);
  }
  // The root of all groups has no limit, and no such file.
  if (!found && !cgroup_figure<Calls>(files, "", "cgroup.procs")) v.consider({wall::limit, files.whose, {}, {}});
}

template <class Calls>
void consider_cgroups(verdict& v) noexcept {
  text_lines<Calls> lines("/proc/self/cgroup");
  bool has_v1 = false;
  for (std::string_view line; lines.next(line);) {  // "4:memory:/group", "0::/group"
    if (take(line, "0::")) {
      if (!has_v1) consider_group<Calls>(v, cgroup_v2, line);
    } else if (const auto controller = line.find(":memory:"); controller != std::string_view::npos) {
      has_v1 = true;
      consider_group<Calls>(v, cgroup_v1, line.substr(controller + std::string_view(":memory:").size()));
    }
  }
  if (!lines.complete()) v.consider({wall::limit, "cgroup", {}, {}});
}

}  // namespace quire::detail
