// SPDX-License-Identifier: BSL-1.0
#pragma once
// The NUMA nodes of a Linux machine, without libnuma.
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/node_set.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/sysfs_list.hpp>
#include <quire/system/platform_capabilities.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// Unknown if the nodes are hidden. A kernel without NUMA has no directory for nodes, although it has the neighbouring
/// one and others of /sys: all of its memory is one node.
struct nodes_online {
  std::optional<node_set> set;
  bool are_known_to_kernel = true;

  template <class Calls>
  [[nodiscard]] static nodes_online read() noexcept {
    const auto nodes = list_in<Calls>("/sys/devices/system/node/online");
    if (nodes) return {nodes->empty() ? std::nullopt : nodes};
    const auto folder = [](std::string_view path) { return file_state_of<Calls>(path_buffer(path)); };
    const bool are_none = folder("/sys/devices/system/node") == file_state::absent &&
                          folder("/sys/devices/system/cpu") == file_state::exists &&
                          folder("/sys/kernel/mm") == file_state::exists;
    return are_none ? nodes_online{node_set{0}, false} : nodes_online{};
  }
  [[nodiscard]] constexpr std::string_view source() const noexcept {
    return are_known_to_kernel ? "/sys/devices/system/node/online" : "/sys/devices/system/node: not in this kernel";
  }
};

/// Numbers separated by one blank; empty if the line holds anything else.
[[nodiscard]] inline decltype(numa_node::distances) read_distances(std::string_view line) noexcept {
  decltype(numa_node::distances) distances;
  for (std::uint64_t distance = 0; take_number(line, distance) && distance <= 255; (void)take(line, " ")) {
    distances.push_back(static_cast<unsigned char>(distance));
    if (line.empty()) return distances;
  }
  return {};
}

template <class Calls>
[[nodiscard]] numa_node read_node(unsigned id) noexcept {
  path_buffer folder("/sys/devices/system/node/node"), key("Node ");
  folder += std::uint64_t{id};
  (key += std::uint64_t{id}) += " ";
  const auto file = [&folder](std::string_view name) { return path_buffer(folder) += name; };
  const auto [all, unused] = fields_in<Calls>(file("/meminfo").c_str(), {"MemTotal", "MemFree"}, key.view());
  numa_node node{.id = id, .bytes = all, .free_bytes = unused, .has_processors = {}, .distances = {}};
  if (const auto processors = numbers_in<Calls>(file("/cpulist").c_str())) node.has_processors = *processors != 0;
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

/// The only node of a kernel without NUMA: it has all memory.
[[nodiscard]] constexpr numa_node_list only_node(std::optional<std::uint64_t> bytes) noexcept {
  numa_node_list nodes;
  nodes.push_back({.id = 0, .bytes = bytes, .free_bytes = {}, .has_processors = true, .distances = {}});
  return nodes;
}

/// The nodes that the cpuset allows: from the system call, or from the file if the call is refused or not wanted.
template <class Calls>
[[nodiscard]] reading<node_set> nodes_allowed_by_linux(const process_status& status, const nodes_online& online,
                                                       const detection& wanted) noexcept {
  if (!online.are_known_to_kernel) return {node_set{0}, online.source()};
  node_set allowed;
  int unused = 0;
  if (wanted.try_features &&
      Calls::get_mempolicy(&unused, allowed.words(), node_set::capacity, nullptr, Calls::numa_of_process) == 0)
    return {allowed, "get_mempolicy"};
  return {status.nodes, "/proc/self/status: Mems_allowed_list"};
}

}  // namespace quire::detail
