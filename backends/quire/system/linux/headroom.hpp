#pragma once
// How much more memory this process can take before Linux refuses it, or kills somebody to find it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/cgroup_hugetlb.hpp>
#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/linux/resident.hpp>
#include <quire/system/linux/sysfs_list.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// What the kernel takes for `bytes` of pages: themselves, the tables that lead to them, and some for its own records.
/// Of a pool, pages alone.
template <class Calls>
[[nodiscard]] constexpr std::uint64_t taken_for(std::uint64_t bytes, const attributes& wishes) noexcept {
  if (wishes.huge == huge_wish::from_pool) return bytes;
  const std::uint64_t page = Calls::page_bytes(), in_a_table = page / sizeof(void*);
  constexpr std::uint64_t levels_above = 3, records = 64 << 10;
  return bytes + (bytes / page / in_a_table + 1 + levels_above) * page + records;
}

using nodes_found = std::optional<node_set>;

/// Those from which pages with this wish may come: what its cpuset leaves to the process, and what the wish, or without
/// one the thread (numactl --membind), is bound to.
template <class Calls>
[[nodiscard]] nodes_found nodes_within_reach(const numa_wish& wish) noexcept {
  const nodes_found allowed = read_status<Calls>().nodes;
  node_set bound;
  if (wish.mode == numa_mode::bind) {
    bound = wish.nodes != nullptr ? *wish.nodes : node_set{wish.node};
  } else {
    constexpr int flags = ~0xff;
    int mode = 0;
    const int refused = Calls::get_mempolicy(&mode, bound.words(), node_set::capacity, nullptr, 0);
    const bool has_none = refused == Calls::no_call || refused == Calls::forbidden;  // nor can it be set
    if (refused != 0 && !has_none) return std::nullopt;
    if (wish.mode != numa_mode::anywhere || has_none || (mode & ~flags) != Calls::numa_bind) return allowed;
  }
  return allowed ? nodes_found(allowed->common_with(bound)) : std::nullopt;
}

/// Of one node. Half of its cache of files counts as available, and nothing of what the kernel keeps in reserve.
template <class Calls>
[[nodiscard]] bool add_memory_of_node(unsigned node, std::uint64_t& all, std::uint64_t& available) noexcept {
  path_text file("/sys/devices/system/node/node"), key("Node ");
  (file += std::uint64_t{node}) += "/meminfo";
  (key += std::uint64_t{node}) += " ";
  const auto named = [&key](std::string_view what) { return path_text(key) += what; };
  const path_text total = named("MemTotal"), unused = named("MemFree"), active = named("Active(file)"),
                  inactive = named("Inactive(file)");
  const auto [has, has_free, used_lately, used_before] =
      fields_in<Calls>(file.c_str(), {total.view(), unused.view(), active.view(), inactive.view()});
  if (!has || !has_free || !used_lately || !used_before) return false;
  all += *has;
  available += *has_free + (*used_lately + *used_before) / 2;
  return true;
}

template <class Calls>
[[nodiscard]] explanation memory_of_nodes(const node_set& nodes) noexcept {
  const explanation hidden{wall::memory, "the nodes that it is bound to", {}, {}};
  const figure reserve = number_in<Calls>("/proc/sys/vm/min_free_kbytes");
  std::uint64_t all = 0, available = 0;
  for (unsigned node = 0; node < node_set::capacity; ++node)
    if (nodes.contains(node) && !add_memory_of_node<Calls>(node, all, available)) return hidden;
  if (!reserve) return hidden;
  available -= std::min(available, *reserve * 1024);
  return {wall::memory, hidden.whose, all - std::min(all, available), all};
}

/// Whether this kernel knows of no nodes. False also where that is hidden.
template <class Calls>
[[nodiscard]] bool is_without_nodes() noexcept {
  return presence_of<Calls>(path_text("/sys/devices/system/cpu")) == presence::there &&
         presence_of<Calls>(path_text("/sys/devices/system/node")) == presence::absent;
}

/// Those that have memory: one, without a folder, of a kernel that knows of none. Unknown where they are hidden.
template <class Calls>
[[nodiscard]] nodes_found nodes_with_memory() noexcept {
  if (const nodes_found told = list_in<Calls>("/sys/devices/system/node/has_memory")) return told;
  return is_without_nodes<Calls>() ? nodes_found(node_set{0}) : std::nullopt;
}

/// Of the machine, or of the nodes from which alone it may come.
template <class Calls>
[[nodiscard]] explanation memory_within_reach(const numa_wish& wish) noexcept {
  const nodes_found present = nodes_with_memory<Calls>();
  if (present && present->count() < 2 && (wish.mode != numa_mode::bind || is_without_nodes<Calls>()))
    return memory_of_machine<Calls>();
  const nodes_found reached = present ? nodes_within_reach<Calls>(wish) : std::nullopt;
  if (!reached) return {wall::memory, "the nodes that it is bound to", {}, {}};
  const node_set nodes = reached->common_with(*present);
  return nodes == *present ? memory_of_machine<Calls>() : memory_of_nodes<Calls>(nodes);
}

/// Of the machine and of control groups. Cache that they keep is no room for others.
template <class Calls>
void consider_memory(verdict& v, const numa_wish& wish, throttling high) noexcept {
  explanation machine = memory_within_reach<Calls>(wish);
  const std::uint64_t kept = consider_cgroups<Calls>(v, high);
  if (machine.used && machine.limit) *machine.used += std::min(kept, machine.room().value_or(0));
  v.consider(machine);
}

/// Of what the pool has, the pages that lie on the nodes from which alone they may come.
template <class Calls>
[[nodiscard]] explanation pool_of_nodes(const node_set& nodes, std::size_t huge_bytes) noexcept {
  const explanation hidden{wall::huge_page_pool, "the nodes that it is bound to", {}, {}};
  const pool_counts machine = count_pool<Calls>(huge_bytes);
  const std::uint64_t sensible = UINT64_MAX / huge_bytes / 2 / node_set::capacity;
  if (!machine.surplus || !machine.most_surplus || *machine.most_surplus > sensible) return hidden;
  std::uint64_t all = 0, unused = *machine.most_surplus - std::min(*machine.most_surplus, *machine.surplus);
  for (unsigned node = 0; node < node_set::capacity; ++node) {
    if (!nodes.contains(node)) continue;
    path_text folder("/sys/devices/system/node/node");
    const pool_counts here = count_pool<Calls>(huge_bytes, folder += std::uint64_t{node});
    if (!here.all || !here.unused || std::max(*here.all, *here.unused) > sensible) return hidden;
    all += *here.all;
    unused += *here.unused;
  }
  all = std::max(all, unused);
  return {hidden.wall, hidden.whose, (all - unused) * huge_bytes, all * huge_bytes};
}

/// Of a pool of huge pages, for those who wish to be there.
template <class Calls>
void consider_pool(verdict& v, const attributes& wishes) noexcept {
  v.consider(huge_page_pool<Calls>(wishes.huge_bytes));
  consider_pool_groups<Calls>(v, wishes.huge_bytes);
  if (wishes.numa.mode != numa_mode::bind || is_without_nodes<Calls>()) return;
  const nodes_found reached = nodes_within_reach<Calls>(wishes.numa);
  v.consider(reached ? pool_of_nodes<Calls>(*reached, wishes.huge_bytes)
                     : explanation{wall::huge_page_pool, "the nodes that it is bound to", {}, {}});
}

/// Of all from which pages come. Swap does not count as room.
template <class Calls>
void consider_pages(verdict& v, const attributes& wishes) noexcept {
  if (wishes.huge == huge_wish::from_pool) return consider_pool<Calls>(v, wishes);
  consider_memory<Calls>(v, wishes.numa, throttling::counts);
}

/// Of all that can end the growth of a memory that is reserved, or that will be: of so much address space then.
template <class Calls>
void consider_headroom(verdict& v, const attributes& wishes, std::uint64_t to_be_reserved = 0) noexcept {
  v.consider(data_limit<Calls>());
  if (wishes.locked) v.consider(locked_limit<Calls>());
  if (wishes.huge != huge_wish::from_pool) v.consider(commit_limit<Calls>(to_be_reserved));
  consider_pages<Calls>(v, wishes);
}

/// 0; or `no_memory`, where a limit would be met; or `unsupported`, where one is hidden.
template <class Calls>
[[nodiscard]] constexpr int answer(const verdict& v) noexcept {
  return v.is_sure() ? Calls::no_memory : v.is_in_doubt() ? Calls::unsupported : 0;
}
template <class Calls>
[[nodiscard]] int assure(std::uint64_t bytes, const attributes& wishes) noexcept {
  verdict v(taken_for<Calls>(bytes, wishes), 0);
  consider_headroom<Calls>(v, wishes);
  return answer<Calls>(v);
}
/// Of a committed run, those pages that are not there. The process has been charged for them.
template <class Calls>
[[nodiscard]] int assure_again(page_run r, const attributes& wishes) noexcept {
  const std::size_t missing = r.bytes - bytes_there<Calls>(r.base, r.bytes).value_or(0);
  if (missing == 0) return 0;
  verdict v(taken_for<Calls>(missing, wishes), 0);
  consider_pages<Calls>(v, wishes);
  return answer<Calls>(v);
}

}  // namespace quire::detail
