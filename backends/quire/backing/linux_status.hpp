#pragma once
// What Linux tells of this process in /proc/self/status, read once.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/backing/text_lines.hpp>
#include <quire/node_set.hpp>

namespace quire::detail {

struct process_status {
  using figure = std::optional<std::uint64_t>;
  static constexpr unsigned may_lock = 14;        // CAP_IPC_LOCK
  static constexpr unsigned may_administer = 21;  // CAP_SYS_ADMIN

  figure size, data, locked;  // bytes: of address space, of what is private and writable, of what is locked
  figure transparent_huge;    // 0 where the process was started without them
  figure filter;              // seccomp: 0 none, 1 strict, 2 a program
  figure capabilities;        // effective ones, a bit each
  std::optional<node_set> nodes;

  constexpr void read(std::string_view line) noexcept {
    using namespace backing::detail;
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
  [[nodiscard]] constexpr std::optional<bool> has(unsigned capability) const noexcept {
    return capabilities ? std::optional((*capabilities >> capability & 1) != 0) : std::nullopt;
  }
};

template <class Calls>
[[nodiscard]] process_status read_status() noexcept {
  backing::detail::text_lines<Calls> lines("/proc/self/status");
  process_status status;
  for (std::string_view line; lines.next(line);) status.read(line);
  return status;
}

}  // namespace quire::detail
