#pragma once
// Machines that are not this one, as the files of their kernels tell of them. The texts have "== PATH" before the
// contents of each file; the fuzzer begins with them too.
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

/// x86, transparent huge pages everywhere, swap, control groups of version 2 without any limit.
inline constexpr std::string_view workstation =
#include "support/machines/workstation.inc"
    ;
/// x86, control groups of both versions with a limit on version 1, pools of huge pages, no overcommit; CAP_IPC_LOCK.
inline constexpr std::string_view two_nodes =
#include "support/machines/two_nodes.inc"
    ;
/// x86, one node without processors and one without memory, a cpuset; nested limits of version 2; 64 KiB folios.
inline constexpr std::string_view four_nodes =
#include "support/machines/four_nodes.inc"
    ;
/// arm64 with pages of 16 KiB, a kernel without NUMA and without stall information; no control groups are mounted.
inline constexpr std::string_view arm_board =
#include "support/machines/arm_board.inc"
    ;
/// A container that sees its own group of version 1 only; the limit of a group around it is smaller.
inline constexpr std::string_view container_of_v1 =
#include "support/machines/container_of_v1.inc"
    ;
/// A container in a control group name space of version 2, most of /proc and /sys hidden.
inline constexpr std::string_view container_of_v2 =
#include "support/machines/container_of_v2.inc"
    ;

}  // namespace machines
}  // namespace quire::test
