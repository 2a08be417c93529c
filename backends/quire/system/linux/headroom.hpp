// SPDX-License-Identifier: BSL-1.0
#pragma once
// How much more memory this process can take before Linux refuses it, or kills a process to free some.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup_hugetlb.hpp>
#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/linux/huge_pools.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/resident.hpp>
#include <quire/system/linux/sysfs_list.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// Bytes that the kernel takes for `bytes` of pages: the pages, the page tables that map them, and some for its own
/// records. For a pool, the pages alone.
template <class Calls>
[[nodiscard]] constexpr std::uint64_t taken_for(std::uint64_t bytes, const attributes& requested) noexcept {
  if (requested.huge == huge_request::from_pool) return bytes;
  const std::uint64_t page = Calls::page_bytes(), in_a_table = page / sizeof(void*);
  constexpr std::uint64_t levels_above = 3, records = 64 << 10;
  return bytes + (bytes / page / in_a_table + 1 + levels_above) * page + records;
}

using nodes_found = std::optional<node_set>;

/// The nodes from which pages with this request may come: those that the cpuset leaves to the process, and to which the
/// request, or without one the thread (numactl --membind), is bound.
template <class Calls>
[[nodiscard]] nodes_found nodes_within_reach(const numa_request& request) noexcept {
  const nodes_found allowed = read_status<Calls>().nodes;
  node_set bound;
  if (request.mode == numa_mode::bind) {
    bound = request.nodes != nullptr ? *request.nodes : node_set{request.node};
  } else {
    constexpr int flags = ~0xff;
    int mode = 0;
    const int refused = Calls::get_mempolicy(&mode, bound.words(), node_set::capacity, nullptr, 0);
    const bool has_none = refused == Calls::no_call || refused == Calls::forbidden;  // then none can be set either
    if (refused != 0 && !has_none) return std::nullopt;
    if (request.mode != numa_mode::anywhere || has_none || (mode & ~flags) != Calls::numa_bind) return allowed;
  }
  return allowed ? nodes_found(allowed->common_with(bound)) : std::nullopt;
}

/// Adds the memory of one node. Half of its file cache counts as available, and none of the kernel's reserve.
template <class Calls>
[[nodiscard]] bool add_memory_of_node(unsigned node, std::uint64_t& all, std::uint64_t& available) noexcept {
  path_buffer file("/sys/devices/system/node/node"), key("Node ");
  (file += std::uint64_t{node}) += "/meminfo";
  (key += std::uint64_t{node}) += " ";
  const auto [has, has_free, used_lately, used_before] =
      fields_in<Calls>(file.c_str(), {"MemTotal", "MemFree", "Active(file)", "Inactive(file)"}, key.view());
  if (!has || !has_free || !used_lately || !used_before) return false;
  all += *has;
  available += *has_free + (*used_lately + *used_before) / 2;
  return true;
}

template <class Calls>
[[nodiscard]] explanation memory_of_nodes(const node_set& nodes) noexcept {
  const explanation hidden{limit_kind::memory, "the nodes that it is bound to", {}, {}};
  const optional_count reserve = number_in<Calls>("/proc/sys/vm/min_free_kbytes");
  std::uint64_t all = 0, available = 0;
  for (unsigned node = 0; node < node_set::capacity; ++node)
    if (nodes.contains(node) && !add_memory_of_node<Calls>(node, all, available)) return hidden;
  if (!reserve) return hidden;
  available -= std::min(available, *reserve * 1024);
  return {limit_kind::memory, hidden.owner, all - std::min(all, available), all};
}

/// Whether this kernel has no NUMA nodes. False also if that is hidden.
template <class Calls>
[[nodiscard]] bool is_without_nodes() noexcept {
  return file_state_of<Calls>(path_buffer("/sys/devices/system/cpu")) == file_state::exists &&
         file_state_of<Calls>(path_buffer("/sys/devices/system/node")) == file_state::absent;
}

/// The nodes that have memory; on a kernel without NUMA, node 0 without a directory. Unknown if they are hidden.
template <class Calls>
[[nodiscard]] nodes_found nodes_with_memory() noexcept {
  if (const nodes_found told = list_in<Calls>("/sys/devices/system/node/has_memory")) return told;
  return is_without_nodes<Calls>() ? nodes_found(node_set{0}) : std::nullopt;
}

/// The memory of the machine, or of the only nodes from which it may come.
template <class Calls>
[[nodiscard]] explanation memory_within_reach(const numa_request& request) noexcept {
  const nodes_found present = nodes_with_memory<Calls>();
  if (present && present->count() < 2 && (request.mode != numa_mode::bind || is_without_nodes<Calls>()))
    return memory_of_machine<Calls>();
  const nodes_found reached = present ? nodes_within_reach<Calls>(request) : std::nullopt;
  if (!reached) return {limit_kind::memory, "the nodes that it is bound to", {}, {}};
  const node_set nodes = reached->common_with(*present);
  return nodes == *present ? memory_of_machine<Calls>() : memory_of_nodes<Calls>(nodes);
}

/// Considers the memory of the machine and of control groups. Cache that the groups keep is no room for others.
template <class Calls>
void consider_memory(limit_analysis& v, const numa_request& request, throttling high) noexcept {
  explanation machine = memory_within_reach<Calls>(request);
  const std::uint64_t kept = consider_cgroups<Calls>(v, high);
  if (machine.used && machine.limit) *machine.used += std::min(kept, machine.room().value_or(0));
  v.consider(machine);
}

/// Considers a pool of huge pages, for memories that request pages from it.
template <class Calls>
void consider_pool(limit_analysis& v, const attributes& requested) noexcept {
  v.consider(huge_page_pool<Calls>(requested.huge_bytes));
  consider_pool_groups<Calls>(v, requested.huge_bytes);
  if (requested.numa.mode != numa_mode::bind || is_without_nodes<Calls>()) return;
  const nodes_found reached = nodes_within_reach<Calls>(requested.numa);
  v.consider(reached ? pool_of_nodes<Calls>(*reached, requested.huge_bytes)
                     : explanation{limit_kind::huge_page_pool, "the nodes that it is bound to", {}, {}});
}

/// Considers all sources of pages. Swap does not count as room.
template <class Calls>
void consider_pages(limit_analysis& v, const attributes& requested) noexcept {
  if (requested.huge == huge_request::from_pool) return consider_pool<Calls>(v, requested);
  consider_memory<Calls>(v, requested.numa, throttling::counts);
}

/// Considers everything that can end the growth of a memory that is reserved, or that will reserve `to_be_reserved`
/// bytes.
template <class Calls>
void consider_headroom(limit_analysis& v, const attributes& requested, std::uint64_t to_be_reserved = 0) noexcept {
  v.consider(data_limit<Calls>());
  if (requested.locked) v.consider(locked_limit<Calls>());
  if (requested.huge != huge_request::from_pool) v.consider(commit_limit<Calls>(to_be_reserved));
  consider_pages<Calls>(v, requested);
}

/// A limit on address space, as one reservation meets it: no room is left if the reservation does not fit.
[[nodiscard]] constexpr explanation for_one_reservation(explanation space, std::uint64_t bytes) noexcept {
  if (space.room() && *space.room() < bytes) space.at_once = 0;
  return space;
}

/// For a memory without a reservation: allocate reserves `reserved` bytes if it is given no maximum.
template <linux_calls Calls>
void consider_new(limit_analysis& v, const attributes& requested, std::uint64_t reserved) noexcept {
  v.consider(for_one_reservation(address_space_limit<Calls>(), reserved));
  if (locks_what_it_maps<Calls>()) v.consider(for_one_reservation(locked_limit<Calls>(), reserved));
  const explanation space = address_space<Calls>();
  if (!space.room() || *space.room() < reserved) v.consider(for_one_reservation(space, reserved));
  consider_headroom<Calls>(v, requested, reserved);
  v.consider_count(number_of_mappings<Calls>(), mappings_of_a_memory);
}

/// Returns 0; or `no_memory` if a limit would be met; or `unsupported` if one is hidden.
template <class Calls>
[[nodiscard]] constexpr int answer(const limit_analysis& v) noexcept {
  return v.is_exhausted() ? Calls::no_memory : v.is_inconclusive() ? Calls::unsupported : 0;
}
template <class Calls>
[[nodiscard]] int assure(std::uint64_t bytes, const attributes& requested) noexcept {
  limit_analysis v(taken_for<Calls>(bytes, requested), 0);
  consider_headroom<Calls>(v, requested);
  return answer<Calls>(v);
}
/// Considers the pages of a committed run that are not resident. The process has been charged for them.
template <class Calls>
[[nodiscard]] int recheck_headroom(page_run r, const attributes& requested) noexcept {
  const std::size_t missing = r.bytes - resident_bytes<Calls>(r.base, r.bytes).value_or(0);
  if (missing == 0) return 0;
  limit_analysis v(taken_for<Calls>(missing, requested), 0);
  consider_pages<Calls>(v, requested);
  return answer<Calls>(v);
}

}  // namespace quire::detail
