// SPDX-License-Identifier: BSL-1.0
#include "needs.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <quire/system/feature.hpp>

#include "characters.hpp"
#include "words.hpp"

namespace doctor {
namespace {

using quire::no_limit;

/// Returns the product, or the largest number if the product does not fit.
std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b ? no_limit : a * b;
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > no_limit - b ? no_limit : a + b; }

/// Returns what the kernel keeps for one memory: half a kibibyte for its mappings, two tables on the way to its pages,
/// and a table for every 512 pages.
std::uint64_t kernel_bytes(std::uint64_t committed, std::uint64_t page) {
  const std::uint64_t tables = 2 + committed / page / 512;
  return tables * page + 512;
}

class judgement {
 public:
  judgement(const need& stated, const quire::platform_capabilities& caps) : stated_(stated), caps_(caps) {}

  void judge_addresses(std::optional<std::uint64_t> places) {
    if (!stated_.reservation) return;
    const std::uint64_t all = times(stated_.how_many(), *stated_.reservation);
    add("reservations that fit into the address space", kind::count, stated_.how_many(), places,
        "Reserve less for each memory, or spread them over several processes.");
    if (caps_.limits.address_space.limit != no_limit)
      add("RLIMIT_AS", kind::bytes, all, caps_.limits.address_space.room(), "ulimit -v unlimited");
  }

  /// The accessible and the inaccessible part of a memory are a mapping each. A tenth is left to the program.
  void judge_mappings() {
    if (!stated_.memories && !stated_.reservation) return;
    const auto& mappings = caps_.limits.mappings;
    const auto room = mappings.room();
    const std::uint64_t wanted = times(stated_.how_many(), 2);
    constexpr std::uint64_t most = std::uint64_t{1} << 30;  // the setting is a signed 32-bit number
    const bool fits = wanted <= most - most / 4;
    add("mappings (two for each memory)", kind::count, wanted, room ? std::optional(*room - *room / 10) : std::nullopt,
        fits ? "sudo sysctl vm.max_map_count=" + std::to_string(std::bit_ceil(wanted + wanted / 4))
             : "Spread them over several processes.");
  }

  void judge_memory() {
    if (!stated_.committed) return;
    const std::uint64_t page = caps_.memory.page_bytes.value_or(4096);
    const std::uint64_t data = times(stated_.how_many(), *stated_.committed);
    const std::uint64_t kernel = times(stated_.how_many(), kernel_bytes(*stated_.committed, page));
    judge_machine(plus(stated_.pool_page ? bytes_for_pool() : data, kernel));
    judge_groups(stated_.pool_page ? kernel : plus(data, kernel));  // pools have control groups of their own
    if (caps_.limits.data.limit != no_limit)
      add("RLIMIT_DATA", kind::bytes, data, caps_.limits.data.room(), "ulimit -d unlimited");
    if (caps_.limits.overcommit == quire::overcommit::never && !stated_.pool_page)  // pools are not counted there
      add("commit limit of the machine", kind::bytes, data, caps_.limits.commit.room(), remedy_of_commit(data),
          "or vm.overcommit_memory=0");
    if (stated_.locked)
      add("RLIMIT_MEMLOCK", kind::bytes, data, caps_.limits.locked.room(), "ulimit -l unlimited",
          "in a unit of systemd LimitMEMLOCK=infinity, in Docker --ulimit memlock=-1");
    if (stated_.pool_page) judge_pool();
  }

  void judge_features() {
    for (const quire::memory_feature each : quire::detected_features) {
      if (std::find(stated_.features.begin(), stated_.features.end(), name(each)) == stated_.features.end()) continue;
      const quire::feature& found = caps_.features[each];
      const auto& usable = found.usable.optional();
      add(name(each), kind::feature, 1, usable ? std::optional<std::uint64_t>(*usable ? 1 : 0) : std::nullopt,
          outcome_of(found));
    }
  }

  [[nodiscard]] std::vector<demand> result() && { return std::move(all_); }

 private:
  void judge_machine(std::uint64_t wanted) {
    const auto& memory = caps_.memory;
    const bool everywhere = memory.within_reach.source() == memory.available.source();
    auto room = memory.within_reach.optional();
    // Pages that a pool may already have need not come from memory.
    if (stated_.pool_page && !ready_in_pool() && room && *room < wanted) room.reset();
    add(everywhere ? "memory of the machine" : "memory of the nodes that it may come from", kind::bytes, wanted, room,
        is_beyond_machine(wanted) ? in_all() : "Free memory, add some, or commit less.",
        everywhere ? "" : "or widen cpuset.mems of the control group, or what numactl binds to");
  }
  [[nodiscard]] bool is_beyond_machine(std::uint64_t wanted) const {
    return caps_.memory.total.known() && wanted > caps_.memory.total.value();
  }
  [[nodiscard]] std::string in_all() const {
    return "This machine has " + bytes(caps_.memory.total.value()) + " in all: commit less, or fewer memories.";
  }
  [[nodiscard]] std::string remedy_of_commit(std::uint64_t wanted) const {
    const auto& memory = caps_.memory;
    const bool is_possible =
        !memory.total.known() || wanted <= memory.total.value() / 10 * 9 + memory.swap_total.value_or(0);
    return is_possible ? "sudo sysctl vm.overcommit_ratio=90  (per cent of memory), or add swap"
                       : "Commit less, or add memory or swap.";
  }

  [[nodiscard]] std::uint64_t wanted_of_pool() const {
    const std::uint64_t page = *stated_.pool_page;
    // Each memory takes whole pages.
    return times(stated_.how_many(), *stated_.committed / page + (*stated_.committed % page != 0 ? 1 : 0));
  }
  /// Pages in the pool that are not reserved.
  [[nodiscard]] std::optional<std::uint64_t> ready_in_pool() const {
    const quire::huge_pool pool = pool_of(*stated_.pool_page);
    if (!pool.free || !pool.reserved) return std::nullopt;
    return *pool.free - std::min(*pool.free, *pool.reserved);
  }
  /// Pages that a pool does not have yet come from memory, now or when it is filled.
  [[nodiscard]] std::uint64_t bytes_for_pool() const {
    const std::uint64_t wanted = wanted_of_pool(), ready = std::min(wanted, ready_in_pool().value_or(0));
    return times(wanted - ready, *stated_.pool_page);
  }

  void judge_groups(std::uint64_t wanted) {
    const auto& tightest = caps_.groups.tightest;
    const std::string what = "control groups";
    if (!tightest.known()) return add(what, kind::bytes, wanted, std::nullopt, "");
    const std::string path = printable(tightest.value().path);
    if (!(tightest == quire::limited_group{}))
      add(what + (path.empty() ? "" : " (" + path + ')'), kind::bytes, wanted, tightest.value().room(),
          "Raise the limit of this group.",
          "docker run --memory, MemoryMax= of a unit of systemd, resources.limits of a pod");
    // For cgroup v1 the kernel reports the smallest limit of all groups, hidden ones included.
    if (!(caps_.groups.whole_path == true) && caps_.groups.memory_interface == quire::cgroup_version::v2)
      add(what + " around these, which are hidden", kind::bytes, wanted, std::nullopt, "");
  }

  void judge_pool() {
    const std::uint64_t page = *stated_.pool_page, wanted = wanted_of_pool();
    const quire::huge_pool pool = pool_of(page);
    add("pages of the pool of " + exactly(page), kind::count, wanted, pool.free_or_growable(), remedy_of(pool, wanted));
    if (pool.left_by_groups != no_limit)
      add("pages of " + exactly(page) + " of the control group", kind::count, wanted, pool.left_by_groups,
          "Raise the limit of hugetlb of this group.", "hugepages-2Mi in resources.limits of a pod");
  }

  /// A pool that does not exist is empty; all is unknown about one that is hidden.
  [[nodiscard]] quire::huge_pool pool_of(std::uint64_t page) const {
    const auto& pools = caps_.huge_pages.pools;
    if (!pools.known()) return {page, {}, {}, {}, {}, {}, {}};
    for (const quire::huge_pool& each : pools.value())
      if (each.page_bytes == page) return each;
    return {page, 0, 0, 0, 0, 0, no_limit};
  }
  [[nodiscard]] std::string remedy_of(const quire::huge_pool& pool, std::uint64_t wanted) const {
    std::string sizes;
    bool is_there = !caps_.huge_pages.pools.known();
    for (const quire::huge_pool& each : caps_.huge_pages.pools.value_or({})) {
      is_there = is_there || each.page_bytes == pool.page_bytes;
      sizes += (sizes.empty() ? "" : ", ") + exactly(each.page_bytes);
    }
    if (is_beyond_machine(times(wanted, pool.page_bytes))) return in_all();
    if (!is_there) return "There is no such pool on this machine; there are: " + (sizes.empty() ? "none" : sizes);
    const std::string file =
        "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(pool.page_bytes >> 10) + "kB/nr_hugepages";
    if (caps_.memory.available < bytes_for_pool()) return "Free memory, and then raise " + file;
    if (!pool.pages || !ready_in_pool()) return "Raise " + file;
    const std::uint64_t taken = *pool.pages - std::min(*pool.pages, *ready_in_pool());
    return "echo " + std::to_string(taken + wanted) + " | sudo tee " + file;
  }

  void add(std::string what, doctor::kind kind, std::uint64_t wanted, std::optional<std::uint64_t> room,
           std::string remedy, std::string hint = {}) {
    all_.push_back({std::move(what), kind, wanted, room, std::move(remedy), std::move(hint)});
  }

  const need& stated_;
  const quire::platform_capabilities& caps_;
  std::vector<demand> all_;
};

}  // namespace

std::vector<demand> judge(const need& stated, const quire::platform_capabilities& caps,
                          std::optional<std::uint64_t> places) {
  judgement all(stated, caps);
  all.judge_addresses(places);
  all.judge_mappings();
  all.judge_memory();
  all.judge_features();
  return std::move(all).result();
}

int status_of(const std::vector<demand>& demands) {
  const auto is = [&demands](std::optional<bool> met) {
    return std::any_of(demands.begin(), demands.end(), [met](const demand& each) { return each.is_met() == met; });
  };
  return is(false) ? 1 : is(std::nullopt) ? 3 : 0;
}

}  // namespace doctor
