#pragma once
// What a machine offers to memory, and what limits it: the answer of quire::detect. A plain value, which holds as long
// as its owner likes; detecting again refreshes it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/node_set.hpp>
#include <quire/system/bounded.hpp>
#include <quire/system/machine_modes.hpp>
#include <quire/system/reading.hpp>

namespace quire {

/// A limit that is not there.
inline constexpr std::uint64_t no_limit = UINT64_MAX;

struct memory_facts {
  reading<std::uint64_t> page_bytes;
  reading<unsigned> address_bits;          // of the highest address that a mapping gets if it asks for it
  reading<unsigned> default_address_bits;  // without asking
  reading<std::uint64_t> total, available, swap_total, swap_free;  // bytes
  reading<unsigned> numa_nodes;                                    // that are online
  reading<node_set> nodes_allowed;                                 // from which this process may take memory
  reading<std::uint64_t> within_reach;                             // bytes available on these, to this thread
};

/// Values are unknown (empty) where the machine hides them.
struct numa_node {
  static constexpr std::size_t most = 64;

  unsigned id = 0;
  std::optional<std::uint64_t> bytes, free_bytes;
  std::optional<bool> has_processors;
  bounded_list<unsigned char, most> distances;  // to each node of the list, in its order; 10 is itself. Empty: unknown

  friend constexpr bool operator==(const numa_node&, const numa_node&) = default;
};
using numa_node_list = bounded_list<numa_node, numa_node::most>;

/// Huge pages of one size, set aside for those who ask for them. In pages.
struct huge_pool {
  std::uint64_t page_bytes = 0;
  std::optional<std::uint64_t> pages, free, reserved, surplus, most_surplus;
  std::optional<std::uint64_t> left_by_groups;  // what this process's control groups let it still take; or `no_limit`

  /// What the machine still has: free, not promised to somebody else, or to be made on demand.
  [[nodiscard]] constexpr std::optional<std::uint64_t> free_or_growable() const noexcept {
    if (!free || !reserved || !surplus || !most_surplus) return std::nullopt;
    return *free - std::min(*free, *reserved) + *most_surplus - std::min(*most_surplus, *surplus);
  }
  /// What a memory of this process can still take of it.
  [[nodiscard]] constexpr std::optional<std::uint64_t> available() const noexcept {
    const auto stock = free_or_growable();
    if (stock == 0 || left_by_groups == 0) return 0;
    return stock && left_by_groups ? std::optional(std::min(*stock, *left_by_groups)) : std::nullopt;
  }
  friend constexpr bool operator==(const huge_pool&, const huge_pool&) = default;
};
using huge_pool_list = bounded_list<huge_pool, 8>;

/// Folios of one size: several pages that come with one fault.
struct folio_size {
  std::uint64_t bytes = 0;
  std::optional<huge_mode> mode;

  friend constexpr bool operator==(const folio_size&, const folio_size&) = default;
};
using folio_list = bounded_list<folio_size, 20>;

struct huge_page_facts {
  reading<huge_pool_list> pools;
  reading<huge_mode> transparent;
  reading<huge_effort> effort;
  reading<std::uint64_t> block_bytes;  // of a transparent huge page; 0 where the kernel has none
  reading<bool> allowed_in_process;    // false: switched off for this process, by itself or whoever started it
  reading<huge_mode> in_process;       // what that leaves, whatever the settings say: never, advised or always
  reading<folio_list> folios;
  reading<std::uint64_t> first_touch_bytes;  // what one touch of 64 KiB brought, with advice
  reading<bool> come_when_touched;           // a whole block; tried on request
  reading<bool> come_when_collapsed;         // likewise
};

/// In bytes, unless it says otherwise. A limit may be `no_limit`.
struct budget {
  reading<std::uint64_t> limit, used;

  /// Unknown unless both are known, or nothing is limited.
  [[nodiscard]] constexpr std::optional<std::uint64_t> room() const noexcept {
    if (limit == no_limit) return no_limit;
    if (!limit.known() || !used.known()) return std::nullopt;
    return limit.value() - std::min(limit.value(), used.value());
  }
};

struct limit_facts {
  budget address_space, data, locked;  // RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, or their likes
  budget mappings;                     // their number; its use is counted on request
  reading<quire::overcommit> overcommit;
  budget commit;  // of the whole machine; limited only where overcommit is `never`
};

/// A control group that has a limit of memory.
struct limited_group {
  bounded_text<256> path;
  std::uint64_t limit = no_limit;
  std::optional<std::uint64_t> used;
  std::uint64_t reclaimable = 0;  // of what is used, the page cache that the kernel drops when it needs to; at least

  /// At least.
  [[nodiscard]] constexpr std::optional<std::uint64_t> room() const noexcept {
    if (limit == no_limit) return no_limit;
    if (!used) return std::nullopt;
    const std::uint64_t kept = *used - std::min(*used, reclaimable);
    return limit - std::min(limit, kept);
  }
  friend constexpr bool operator==(const limited_group&, const limited_group&) = default;
};

/// The group of this process, and those around it: each one's limit holds.
struct control_group_facts {
  reading<cgroup_layout> layout;
  reading<cgroup_interface> memory_interface;
  reading<limited_group> smallest;   // the limit; of equal ones the innermost. `no_limit`, with no path: none of them
  reading<limited_group> tightest;   // least room, which may be another one
  reading<std::uint64_t> throttled;  // bytes above which the kernel slows the group down (memory.high), the smallest
  reading<bool> whole_path;          // false: groups around these are hidden, and may have limits
  reading<bool> kills;               // at the tightest limit a process is killed, rather than refused or stopped
};

/// The share of time in which some, or all, tasks waited for memory, in hundredths of a per cent over ten seconds.
struct stall_facts {
  reading<unsigned> some, full;
};

/// `source` is the call whose effect was looked at.
struct feature {
  reading<bool> usable;
  int refusal = 0;  // the system's code, where it was refused
};

struct feature_facts {
  feature discard;              // MADV_DONTNEED: contents become zero at once
  feature discard_locked;       // and of locked pages
  feature populate;             // pages brought in by a call that can fail
  feature guard_markers;        // faulting pages without a mapping of their own
  feature sealing;              // mappings that nobody can undo
  feature locking;              // pages that stay
  feature mapping_names;        // for tools to read
  feature placement;            // NUMA policies
  feature weighted_interleave;  // one of them
  feature page_location;        // on which node a page lies
  feature memory_tags;          // checked by hardware
  feature protection_keys;
  feature pagemap;     // the state of one's own pages can be read
  feature dirty_scan;  // pages that were written to are found by one call
  feature soft_dirty;  // or by a bit in the pagemap
};

struct system_facts {
  reading<bounded_text<64>> kernel;  // its release
  reading<call_filter> filter;
  reading<bool> initial_user_namespace;  // false: capabilities do not count where the kernel itself asks for them
};

/// What to ask for, beyond what costs less than a few milliseconds.
struct detection {
  bool count_mappings = false;  // reads a line for each
  bool try_huge_pages = false;  // clears two huge pages, which some virtual machines take milliseconds to provide
  bool try_features = true;     // else files are read, and nothing is tried: for a process that a call may kill
};

struct platform_capabilities {
  memory_facts memory;
  reading<numa_node_list> nodes;
  huge_page_facts huge_pages;
  limit_facts limits;
  control_group_facts groups;
  stall_facts stalls;
  feature_facts features;
  system_facts system;
  std::uint64_t took_nanoseconds = 0;  // to detect
};

}  // namespace quire
