// SPDX-License-Identifier: BSL-1.0
#pragma once
// Simulated machines, given by the text of their kernels' files. The line "== PATH" precedes the contents of each file;
// the fuzzer takes these texts as seeds.
#include <map>
#include <string>
#include <string_view>

namespace quire::test {

[[nodiscard]] inline std::map<std::string, std::string> files_in(std::string_view text) {
  std::map<std::string, std::string> files;
  std::string* file = nullptr;
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
    if (line.starts_with("== "))
      file = &files[std::string(line.substr(3))];
    else if (file != nullptr)
      (*file += line) += '\n';
  }
  return files;
}

namespace machines {

/// x86, transparent huge pages enabled everywhere, swap, cgroup v2 without any limit.
inline constexpr std::string_view workstation =
#include "support/machines/workstation.inc"
    ;
/// x86, cgroup v1 and v2 with a limit in v1, pools of huge pages, no overcommit; CAP_IPC_LOCK.
inline constexpr std::string_view two_nodes =
#include "support/machines/two_nodes.inc"
    ;
/// x86, one node without processors and one without memory, a cpuset; nested cgroup v2 limits; 64 KiB folios.
inline constexpr std::string_view four_nodes =
#include "support/machines/four_nodes.inc"
    ;
/// arm64 with pages of 16 KiB, a kernel without NUMA and without pressure stall information; no control group is
/// mounted.
inline constexpr std::string_view arm_board =
#include "support/machines/arm_board.inc"
    ;
/// A container that sees only its own cgroup v1; the limit of an enclosing group is smaller.
inline constexpr std::string_view container_of_v1 =
#include "support/machines/container_of_v1.inc"
    ;
/// A container in a cgroup v2 namespace, with most of /proc and /sys hidden.
inline constexpr std::string_view container_of_v2 =
#include "support/machines/container_of_v2.inc"
    ;

}  // namespace machines
}  // namespace quire::test
