#include "needs.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <quire/each_reading.hpp>

#include "words.hpp"

namespace doctor {
namespace {

using quire::no_limit;

/// The largest number where it would not fit.
std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b ? no_limit : a * b;
}

/// What the kernel keeps for one memory: half a kibibyte for its mappings, two tables of the way to its pages, and a
/// table for every 512 pages.
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
    constexpr std::uint64_t most = std::uint64_t{1} << 30;  // the setting is a signed number of 32 bits
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
    const std::uint64_t from_memory = stated_.pool_page ? kernel : data > no_limit - kernel ? no_limit : data + kernel;
    const bool everywhere = caps_.memory.within_reach.source() == caps_.memory.available.source();
    add(everywhere ? "memory of the machine" : "memory of the nodes that it may come from", kind::bytes, from_memory,
        caps_.memory.within_reach.optional(), "Free memory, add some, or commit less.",
        everywhere ? "" : "or widen cpuset.mems of the control group, or what numactl binds to");
    judge_groups(from_memory);
    if (caps_.limits.data.limit != no_limit)
      add("RLIMIT_DATA", kind::bytes, data, caps_.limits.data.room(), "ulimit -d unlimited");
    if (caps_.limits.overcommit == quire::overcommit::never && !stated_.pool_page)  // pools are not counted there
      add("commit limit of the machine", kind::bytes, data, caps_.limits.commit.room(),
          "sudo sysctl vm.overcommit_ratio=90", "per cent of memory; or add swap, or vm.overcommit_memory=0");
    if (stated_.locked)
      add("RLIMIT_MEMLOCK", kind::bytes, data, caps_.limits.locked.room(), "ulimit -l unlimited",
          "in a unit of systemd LimitMEMLOCK=infinity, in Docker --ulimit memlock=-1");
    if (stated_.pool_page) judge_pool();
  }

  void judge_features() {
    quire::for_each_feature(caps_.features, [this](const std::string& name, const quire::feature& each) {
      if (std::find(stated_.features.begin(), stated_.features.end(), name) == stated_.features.end()) return;
      const auto& usable = each.usable.optional();
      add(name, kind::feature, 1, usable ? std::optional<std::uint64_t>(*usable ? 1 : 0) : std::nullopt,
          outcome_of(each));
    });
  }

  [[nodiscard]] std::vector<demand> result() && { return std::move(all_); }

 private:
  void judge_groups(std::uint64_t wanted) {
    const auto& tightest = caps_.groups.tightest;
    const std::string what = "control groups";
    if (!tightest.known()) return add(what, kind::bytes, wanted, std::nullopt, "");
    const std::string path(tightest.value().path.view());
    if (!(tightest == quire::limited_group{}))
      add(what + (path.empty() ? "" : " (" + path + ')'), kind::bytes, wanted, tightest.value().room(),
          "Raise the limit of this group.",
          "docker run --memory, MemoryMax= of a unit of systemd, resources.limits of a pod");
    // Version 1 tells the least limit of those that are hidden, too.
    if (!(caps_.groups.whole_path == true) && caps_.groups.memory_interface == quire::cgroup_interface::v2)
      add(what + " around these, which are hidden", kind::bytes, wanted, std::nullopt, "");
  }

  void judge_pool() {
    const std::uint64_t page = *stated_.pool_page;
    // Each memory takes whole pages.
    const std::uint64_t each = *stated_.committed / page + (*stated_.committed % page != 0 ? 1 : 0);
    const std::uint64_t wanted = times(stated_.how_many(), each);
    const quire::huge_pool pool = pool_of(page);
    add("pages of the pool of " + exactly(page), kind::count, wanted, pool.in_stock(), remedy_of(pool, wanted));
    if (pool.left_by_groups != no_limit)
      add("pages of " + exactly(page) + " of the control group", kind::count, wanted, pool.left_by_groups,
          "Raise the limit of hugetlb of this group.", "hugepages-2Mi in resources.limits of a pod");
  }

  /// Nothing is in a pool that is not there; all is unknown of one that is hidden.
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
    if (!is_there) return "There is no such pool on this machine; there are: " + (sizes.empty() ? "none" : sizes);
    const std::string file =
        "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(pool.page_bytes >> 10) + "kB/nr_hugepages";
    if (!pool.pages || !pool.free) return "Raise " + file;
    const std::uint64_t taken = *pool.pages - std::min(*pool.pages, *pool.free);
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
