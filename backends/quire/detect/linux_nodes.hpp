#pragma once
// The NUMA nodes of a Linux machine, without libnuma.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/backing/linux_figures.hpp>
#include <quire/backing/linux_list.hpp>
#include <quire/backing/linux_status.hpp>
#include <quire/backing/path_text.hpp>
#include <quire/detect/linux_one_line.hpp>
#include <quire/node_set.hpp>
#include <quire/platform_capabilities.hpp>

namespace quire::detail {

template <class Calls>
[[nodiscard]] std::optional<node_set> nodes_online() noexcept {
  const auto nodes = list_in<Calls>("/sys/devices/system/node/online");
  return nodes && !nodes->empty() ? nodes : std::nullopt;
}

/// Numbers with one blank in between; none where there is anything else.
[[nodiscard]] constexpr decltype(numa_node::distances) read_distances(std::string_view line) noexcept {
  decltype(numa_node::distances) distances;
  for (std::uint64_t distance = 0; take_number(line, distance) && distance <= 255; (void)take(line, " ")) {
    distances.push_back(static_cast<unsigned char>(distance));
    if (line.empty()) return distances;
  }
  return {};
}

template <class Calls>
[[nodiscard]] numa_node read_node(unsigned id) noexcept {
  path_text folder("/sys/devices/system/node/node"), key("Node ");
  folder += std::uint64_t{id};
  key += std::uint64_t{id};
  const auto file = [&folder](std::string_view name) {
    path_text path = folder;
    return path += name;
  };
  path_text total = key, free = key;
  const auto [all, unused] =
      fields_in<Calls>(file("/meminfo").c_str(), {(total += " MemTotal").view(), (free += " MemFree").view()});
  numa_node node{.id = id, .bytes = all, .free_bytes = unused, .has_processors = {}, .distances = {}};
  node.has_processors =
      read_line<Calls>(file("/cpulist").c_str(), [](std::string_view line) { return std::optional(!line.empty()); });
  if (const auto distances = read_line<Calls>(
          file("/distance").c_str(), [](std::string_view line) { return std::optional(read_distances(line)); }))
    node.distances = *distances;
  return node;
}

template <class Calls>
[[nodiscard]] numa_node_list read_nodes(const node_set& online) noexcept {
  numa_node_list nodes;
  for (unsigned id = 0; id < node_set::capacity; ++id) {
    if (!online.contains(id)) continue;
    if (nodes.size() < numa_node_list::capacity)
      nodes.push_back(read_node<Calls>(id));
    else
      nodes.push_back({});  // left out
  }
  return nodes;
}

/// What the cpuset leaves: by the call, or by the file where the call is refused.
template <class Calls>
[[nodiscard]] reading<node_set> nodes_allowed_by_linux(const process_status& status) noexcept {
  node_set allowed;
  int unused = 0;
  if (Calls::get_mempolicy(&unused, allowed.words(), node_set::capacity, nullptr, Calls::numa_of_process) == 0)
    return {allowed, "get_mempolicy"};
  return {status.nodes, "/proc/self/status: Mems_allowed_list"};
}

}  // namespace quire::detail
