// SPDX-License-Identifier: BSL-1.0
#pragma once
// What Linux reports of this process in /proc/self/status, read once.
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/node_set.hpp>
#include <quire/system/descriptor.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/text/line_reader.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

using optional_count = std::optional<std::uint64_t>;

struct process_status {
  static constexpr unsigned may_lock = 14;        // CAP_IPC_LOCK
  static constexpr unsigned may_administer = 21;  // CAP_SYS_ADMIN

  optional_count size, data, locked;  // bytes of address space, of private writable memory, of locked memory
  optional_count transparent_huge;    // 0 if the process was started without them
  optional_count filter;              // seccomp: 0 none, 1 strict, 2 a program
  optional_count capabilities;        // effective ones, a bit each
  std::optional<node_set> nodes;

  void read(std::string_view line) noexcept {
    std::uint64_t value = 0;
    if (read_value(line, "VmSize", value)) size = value;
    if (read_value(line, "VmData", value)) data = value;
    if (read_value(line, "VmLck", value)) locked = value;
    if (read_value(line, "THP_enabled", value)) transparent_huge = value;
    if (read_value(line, "Seccomp", value)) filter = value;
    if (take(line, "CapEff:\t") && take_number(line, value, 16) && line.empty()) capabilities = value;
    if (take(line, "Mems_allowed_list:\t"))
      if (const auto list = node_set::parse(line)) nodes = *list;
  }
  /// Refers to the process's own user namespace, which may not suffice: see `counts_with_the_kernel`.
  [[nodiscard]] constexpr std::optional<bool> has(unsigned capability) const noexcept {
    return capabilities ? std::optional((*capabilities >> capability & 1) != 0) : std::nullopt;
  }
};

template <class Calls>
[[nodiscard]] process_status read_status() noexcept {
  line_reader<Calls> lines("/proc/self/status");
  process_status status;
  for (std::string_view line; lines.next(line);)
    if (!lines.cut()) status.read(line);  // a list that is cut is another list
  return status;
}

/// Whether this process is in the initial user namespace, the only one with this inode number. An identity mapping of
/// its users is no proof, since nested namespaces may have one too; any other mapping is proof that it is not.
template <class Calls>
[[nodiscard]] std::optional<bool> is_in_initial_user_namespace() noexcept {
  constexpr std::uint64_t number_of_initial = 0xEFFFFFFD;  // PROC_USER_INIT_INO, Linux 3.8
  const descriptor<Calls> file(Calls::open_to_read("/proc/self/ns/user"));
  if (file.is_open()) {
    std::uint64_t number = 0;
    if (Calls::file_number(file.number(), number) == 0) return number == number_of_initial;
  } else if (file.error() == Calls::no_entry &&
             file_state_of<Calls>(path_buffer("/proc/self/ns")) == file_state::exists) {
    return true;  // a kernel without user namespaces
  }
  line_reader<Calls> lines("/proc/self/uid_map");
  std::uint64_t inside = 0, outside = 0, count = 0;
  std::string_view line;
  if (!lines.next(line)) return std::nullopt;
  for (std::uint64_t* const number : {&inside, &outside, &count}) {
    skip_blanks(line);
    if (!take_number(line, *number)) return std::nullopt;
  }
  const bool is_identity = inside == 0 && outside == 0 && count == UINT32_MAX;
  return is_identity ? std::nullopt : std::optional(false);
}

/// Whether the kernel lets the process use this capability in the initial user namespace, where a capability that is
/// held in another namespace does not count.
template <class Calls>
[[nodiscard]] std::optional<bool> counts_with_the_kernel(const process_status& status, unsigned capability) noexcept {
  const std::optional<bool> held = status.has(capability);
  return held == true ? is_in_initial_user_namespace<Calls>() : held;
}

}  // namespace quire::detail
