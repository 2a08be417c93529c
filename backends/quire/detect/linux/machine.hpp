// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory of a Linux machine, its kernel, and how much its tasks wait for memory.
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/detect/linux/addresses.hpp>
#include <quire/detect/linux/nodes.hpp>
#include <quire/system/linux/headroom.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/psi.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::detail {

/// Values of /proc/meminfo in bytes, read once.
struct meminfo {
  optional_count total, available, swap_total, swap_free, commit_limit, committed;

  template <class Calls>
  [[nodiscard]] static meminfo read() noexcept {
    const auto [all, unused, swap, free_swap, most, promised] = fields_in<Calls>(
        "/proc/meminfo", {"MemTotal", "MemAvailable", "SwapTotal", "SwapFree", "CommitLimit", "Committed_AS"});
    return {all, unused, swap, free_swap, most, promised};
  }
};

/// How far addresses reach, and how much memory this thread can reach; only system calls report them.
template <class Calls>
void ask_of_memory(memory_facts& memory) noexcept {
  memory.address_bits = {highest_address_bits<Calls>(), memory.address_bits.source()};
  memory.default_address_bits = {default_address_bits<Calls>(), memory.default_address_bits.source()};
  const explanation reach = memory_within_reach<Calls>({});
  memory.within_reach = {reach.room(), reach.owner.empty() ? memory.available.source() : "meminfo of these nodes"};
}
/// Without a call that reports what the thread is bound to, the value is known only for a machine with one node.
template <class Calls>
[[nodiscard]] reading<std::uint64_t> within_reach_by_files(const memory_facts& memory) noexcept {
  const nodes_found present = nodes_with_memory<Calls>();
  if (present && present->count() < 2) return memory.available;
  return reading<std::uint64_t>::unknown("get_mempolicy");
}

template <class Calls>
[[nodiscard]] memory_facts memory_of_linux(const meminfo& info, const process_status& status,
                                           const nodes_online& online, const detection& wanted) noexcept {
  memory_facts memory;
  memory.page_bytes = {std::uint64_t{Calls::page_bytes()}, "the auxiliary vector, or the processor's only size"};
  memory.address_bits = reading<unsigned>::unknown("mmap at high addresses");
  memory.default_address_bits = reading<unsigned>::unknown("mmap");
  memory.total = {info.total, "/proc/meminfo: MemTotal"};
  memory.available = {info.available, "/proc/meminfo: MemAvailable"};
  memory.swap_total = {info.swap_total, "/proc/meminfo: SwapTotal"};
  memory.swap_free = {info.swap_free, "/proc/meminfo: SwapFree"};
  memory.numa_nodes = {online.set ? std::optional(online.set->count()) : std::nullopt, online.source()};
  memory.nodes_allowed = nodes_allowed_by_linux<Calls>(status, online, wanted);
  memory.within_reach = within_reach_by_files<Calls>(memory);
  if (wanted.try_features) ask_of_memory<Calls>(memory);
  return memory;
}

template <class Calls>
[[nodiscard]] stall_facts stalls_of_linux() noexcept {
  stall_facts stalls{reading<unsigned>::unknown("/proc/pressure/memory: some"),
                     reading<unsigned>::unknown("/proc/pressure/memory: full")};
  line_reader<Calls> lines("/proc/pressure/memory");
  stall_line told;
  for (std::string_view line; lines.next(line);)
    if (told.read(line)) {
      auto& share = told.full ? stalls.full : stalls.some;
      share = {told.recently, share.source()};
    }
  return stalls;
}

template <class Calls>
[[nodiscard]] system_facts system_of_linux(const process_status& status) noexcept {
  using text = bounded_text<64>;
  system_facts system;
  system.kernel = {
      read_line<Calls>("/proc/sys/kernel/osrelease", [](std::string_view line) { return std::optional(text(line)); }),
      "/proc/sys/kernel/osrelease"};
  system.initial_user_namespace = {is_in_initial_user_namespace<Calls>(), "/proc/self/ns/user"};
  system.filter = reading<call_filter>::unknown("/proc/self/status: Seccomp");
  if (status.filter && *status.filter <= 2)
    system.filter = {static_cast<call_filter>(*status.filter), system.filter.source()};
  return system;
}

}  // namespace quire::detail
