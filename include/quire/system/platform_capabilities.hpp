// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory features and limits of a machine: the result of quire::detect. A plain value that never changes by itself;
// detecting again gives a new one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/node_set.hpp>
#include <quire/system/bounded.hpp>
#include <quire/system/feature.hpp>
#include <quire/system/huge_pool.hpp>
#include <quire/system/machine_modes.hpp>
#include <quire/system/reading.hpp>

namespace quire {

/// Pages, addresses and memory of the machine.
struct memory_facts {
  reading<std::uint64_t> page_bytes;
  reading<unsigned> address_bits;          // of the highest address that a mapping gets on request
  reading<unsigned> default_address_bits;  // of the highest address without a request
  reading<std::uint64_t> total, available, swap_total, swap_free;  // bytes
  reading<unsigned> numa_nodes;                                    // online nodes
  reading<node_set> nodes_allowed;                                 // nodes from which this process may take memory
  reading<std::uint64_t> within_reach;                             // bytes available on those nodes, to this thread
};

/// Values are unknown (empty) where the machine hides them.
struct numa_node {
  /// Nodes that are listed.
  static constexpr std::size_t most = 64;

  unsigned id = 0;
  std::optional<std::uint64_t> bytes, free_bytes;
  std::optional<bool> has_processors;
  bounded_list<unsigned char, most> distances;  // to each node of the list, in its order; 10 is itself. Empty: unknown

  friend constexpr bool operator==(const numa_node&, const numa_node&) = default;
};
/// The nodes of the machine, in ascending order.
using numa_node_list = bounded_list<numa_node, numa_node::most>;

/// The pools of huge pages, one for each size.
using huge_pool_list = bounded_list<huge_pool, 8>;

/// Folios of one size: several pages that one fault brings in.
struct folio_size {
  std::uint64_t bytes = 0;
  std::optional<huge_mode> mode;

  friend constexpr bool operator==(const folio_size&, const folio_size&) = default;
};
/// One for each size that the kernel has.
using folio_list = bounded_list<folio_size, 20>;

/// Which pages larger than the system's the machine has, and whether they come.
struct huge_page_facts {
  reading<huge_pool_list> pools;
  reading<huge_mode> transparent;
  reading<huge_effort> effort;
  reading<std::uint64_t> block_bytes;  // size of a transparent huge page; 0 if the kernel has none
  reading<bool> allowed_in_process;    // false: switched off for this process, by itself or an ancestor
  reading<huge_mode> in_process;       // the resulting mode, whatever the settings say: never, advised or always
  reading<folio_list> folios;
  reading<std::uint64_t> first_touch_bytes;  // bytes that one touch of 64 KiB brought in, with advice
  reading<bool> come_when_touched;           // whether a touch brings in a whole block; probed on request
  reading<bool> come_when_collapsed;         // whether a collapse makes a whole block; probed on request
};

/// In bytes, unless stated otherwise. A limit may be `no_limit`.
struct budget {
  reading<std::uint64_t> limit, used;

  /// The rest of the limit; unknown unless both are known, or nothing is limited.
  [[nodiscard]] constexpr std::optional<std::uint64_t> room() const noexcept {
    if (limit == no_limit) return no_limit;
    if (!limit.known() || !used.known()) return std::nullopt;
    return limit.value() - std::min(limit.value(), used.value());
  }
};

/// What this process may take, whatever the machine has.
struct limit_facts {
  budget address_space, data, locked;  // RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, or their equivalents
  budget mappings;                     // number of mappings; those in use are counted on request
  reading<quire::overcommit> overcommit;
  budget commit;  // the machine's commit charge; limited only if overcommit is `never`
};

/// A control group with a memory limit.
struct limited_group {
  bounded_text<256> path;
  std::uint64_t limit = no_limit;
  std::optional<std::uint64_t> used;
  std::uint64_t reclaimable = 0;  // lower bound of the used page cache that the kernel can drop when it needs to

  /// A lower bound of the bytes that are left.
  [[nodiscard]] constexpr std::optional<std::uint64_t> room() const noexcept {
    if (limit == no_limit) return no_limit;
    if (!used) return std::nullopt;
    const std::uint64_t kept = *used - std::min(*used, reclaimable);
    return limit - std::min(limit, kept);
  }
  friend constexpr bool operator==(const limited_group&, const limited_group&) = default;
};

/// The control group of this process and its ancestors: the limit of each applies.
struct control_group_facts {
  reading<cgroup_layout> layout;
  reading<cgroup_version> memory_interface;
  reading<limited_group> smallest;   // smallest limit; of equal ones the innermost group. No limit: `no_limit`, no path
  reading<limited_group> tightest;   // the group with the least room, which may be another one
  reading<std::uint64_t> throttled;  // smallest number of bytes above which the kernel throttles a group (memory.high)
  reading<bool> whole_path;          // false: ancestors of these groups are hidden, and may have limits
  reading<bool> kills;               // at the tightest limit a process is killed, rather than refused or stopped
};

/// The share of time in which some, or all, tasks waited for memory, in hundredths of a per cent over ten seconds.
struct stall_facts {
  reading<unsigned> some, full;
};

/// What else decides whether a call succeeds.
struct system_facts {
  reading<bounded_text<64>> kernel;  // release of the kernel
  reading<call_filter> filter;
  reading<bool> initial_user_namespace;  // false: the kernel's own permission checks ignore this process's capabilities
};

/// What to detect beyond the facts that cost less than a few milliseconds.
struct detection {
  bool count_mappings = false;  // reads one line per mapping
  bool try_huge_pages = false;  // clears two huge pages, which some virtual machines take milliseconds to provide
  bool try_features = true;     // if false, only files are read: for a process that a call may kill
};

/// All that quire::detect found out.
struct platform_capabilities {
  memory_facts memory;
  reading<numa_node_list> nodes;
  huge_page_facts huge_pages;
  limit_facts limits;
  control_group_facts groups;
  stall_facts stalls;
  feature_facts features;
  system_facts system;
  std::uint64_t took_nanoseconds = 0;  // duration of the detection
};

}  // namespace quire
