// SPDX-License-Identifier: BSL-1.0
#pragma once
// All capabilities of a Linux machine.
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/detect/linux/features.hpp>
#include <quire/detect/linux/groups.hpp>
#include <quire/detect/linux/huge_pages.hpp>
#include <quire/detect/linux/huge_trials.hpp>
#include <quire/detect/linux/limits.hpp>
#include <quire/detect/linux/machine.hpp>
#include <quire/detect/linux/nodes.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::detail {

template <class Calls>
[[nodiscard]] reading<std::uint64_t> mappings_in_use(const detection& wanted) noexcept {
  constexpr std::string_view source = "/proc/self/maps";
  if (!wanted.count_mappings) return reading<std::uint64_t>::unknown(source);
  const auto map = read_address_map<Calls>();
  return {map ? optional_count(map->mappings) : std::nullopt, source};
}

template <linux_calls Calls>
[[nodiscard]] platform_capabilities capabilities_of(const detection& wanted) noexcept {
  const process_status status = read_status<Calls>();
  const meminfo info = meminfo::read<Calls>();
  const nodes_online online = nodes_online::read<Calls>();
  platform_capabilities caps;
  caps.memory = memory_of_linux<Calls>(info, status, online, wanted);
  if (!online.are_known_to_kernel)
    caps.nodes = {only_node(info.total), online.source()};
  else
    caps.nodes = {online.set ? std::optional(read_nodes<Calls>(*online.set)) : std::nullopt, online.source()};
  caps.huge_pages = huge_pages_of_linux<Calls>(status, wanted);
  caps.limits = limits_of_linux<Calls>(info, status, mappings_in_use<Calls>(wanted));
  caps.groups = groups_of_linux<Calls>();
  caps.stalls = stalls_of_linux<Calls>();
  caps.system = system_of_linux<Calls>(status);
  if (wanted.try_features) {
    caps.features = try_features<Calls>(caps.memory.nodes_allowed);
    caps.huge_pages.first_touch_bytes = {bytes_of_first_touch<Calls>(), caps.huge_pages.first_touch_bytes.source()};
  }
  if (wanted.try_huge_pages) try_blocks<Calls>(caps.huge_pages);
  return caps;
}

}  // namespace quire::detail
