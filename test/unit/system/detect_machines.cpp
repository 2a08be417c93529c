// SPDX-License-Identifier: BSL-1.0
// Detection on fake machines.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <quire/detect.hpp>
#include <quire/ostream.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_machines.hpp"
#include "support/flatten_capabilities.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

template <class Calls = fake_kernel>
platform_capabilities detected(std::string_view machine, const pretence& on) {
  on.kernel().files = files_in(machine);
  on.kernel().policy_error = EPERM;  // so that the allowed nodes are read from a file
  auto caps = detect<Calls>({.count_mappings = true, .try_features = false});
  REQUIRE(caps);
  CHECK(on.kernel().closed == on.kernel().open.size());
  return *caps;
}

TEST_CASE("detect reads a workstation with one node and without limits", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected(machines::workstation, p);
  CHECK(caps.memory.total == 16252928 * kib);
  CHECK(caps.memory.available == 9437184 * kib);
  CHECK(caps.memory.within_reach == 9437184 * kib);
  CHECK(caps.memory.swap_total == 8388608 * kib);
  CHECK(caps.memory.swap_free == 8388604 * kib);
  CHECK(caps.memory.numa_nodes == 1U);
  CHECK(caps.memory.nodes_allowed == node_set{0});
  CHECK(caps.memory.nodes_allowed.source() == "/proc/self/status: Mems_allowed_list");
  CHECK(caps.huge_pages.transparent == huge_mode::always);
  CHECK(caps.huge_pages.effort == huge_effort::always);
  CHECK(caps.huge_pages.block_bytes == 2 * mib);
  CHECK(caps.huge_pages.allowed_in_process == true);
  CHECK(caps.huge_pages.folios.value().empty());
  REQUIRE(caps.huge_pages.pools.value().size() == 1);
  CHECK(caps.huge_pages.pools.value()[0] == huge_pool{2 * mib, 0, 0, 0, 0, 0, no_limit});
  CHECK(caps.limits.mappings.limit == 65530U);
  CHECK(caps.limits.mappings.used == 4U);
  CHECK(caps.limits.overcommit == overcommit::heuristic);
  CHECK(caps.limits.commit.limit == no_limit);
  CHECK(caps.limits.commit.used == 12582912 * kib);
  CHECK(caps.limits.address_space.used == 10 * mib);
  CHECK(caps.limits.data.used == 1 * mib);
  CHECK(caps.groups.layout == cgroup_layout::v2);
  CHECK(caps.groups.smallest.value().limit == no_limit);
  CHECK(caps.groups.tightest.value().room() == no_limit);
  CHECK(caps.groups.throttled == no_limit);
  CHECK(caps.groups.whole_path == true);
  CHECK(caps.stalls.some == 0U);
  CHECK(caps.system.kernel.value() == "6.1.0-28-amd64");
  CHECK(caps.system.filter == call_filter::none);
}

TEST_CASE("detect counts mappings only on request", "[detect]") {
  const pretence p;
  p.kernel().files = files_in(machines::workstation);
  CHECK_FALSE(detect<fake_kernel>({.try_features = false})->limits.mappings.used.known());
  for (const auto& [path, offset] : p.kernel().open) CHECK(path != "/proc/self/maps");
}

TEST_CASE("detect reads nodes and pools and cgroup v1 limits on a hybrid layout", "[detect]") {
  const pretence p;
  p.kernel().limits[fake_kernel::limit_locked] = 8 * mib;
  const platform_capabilities caps = detected(machines::two_nodes, p);
  REQUIRE(caps.nodes.known());
  REQUIRE(caps.nodes.value().size() == 2);
  const numa_node& second = caps.nodes.value()[1];
  CHECK(second.id == 1);
  CHECK(second.bytes == 131923968 * kib);
  CHECK(second.free_bytes == 67108864 * kib);
  CHECK(second.has_processors == true);
  REQUIRE(second.distances.size() == 2);
  CHECK((second.distances[0] == 21 && second.distances[1] == 10));

  REQUIRE(caps.huge_pages.pools.value().size() == 2);
  CHECK(caps.huge_pages.pools.value()[0] == huge_pool{2 * mib, 512, 100, 20, 2, 10, 512});
  CHECK(caps.huge_pages.pools.value()[0].available() == 88U);
  CHECK(caps.huge_pages.pools.value()[1] == huge_pool{gib, 4, 4, 0, 0, 0, no_limit});
  CHECK(caps.huge_pages.transparent == huge_mode::never);

  CHECK(caps.limits.overcommit == overcommit::never);
  CHECK(caps.limits.commit.room() == (131923968 - 104857600) * kib);
  CHECK(caps.limits.locked.limit == no_limit);
  CHECK(caps.limits.locked.limit.source().find("CAP_IPC_LOCK") != std::string_view::npos);

  CHECK(caps.groups.layout == cgroup_layout::hybrid);
  CHECK(caps.groups.memory_interface == cgroup_version::v1);
  const limited_group& smallest = caps.groups.smallest.value();
  CHECK(smallest.path.view() == "/sys/fs/cgroup/cpu,memory/batch");
  CHECK(smallest.limit == 2 * gib);
  CHECK(smallest.used == 1920 * mib);
  CHECK(smallest.reclaimable <= 768 * mib);
  CHECK(smallest.reclaimable > 700 * mib);
  CHECK(caps.groups.tightest.value() == smallest);
  CHECK(caps.groups.kills == false);
  CHECK(caps.groups.whole_path == true);
  CHECK(caps.stalls.some == 1234U);
  CHECK(caps.stalls.full == 105U);
}

TEST_CASE("the available pages of a pool are those that control groups leave", "[detect]") {
  const pretence p;
  p.kernel().files = files_in(machines::two_nodes);
  const std::string group = "/sys/fs/cgroup/hugetlb/batch/hugetlb.2MB.";
  const auto left = [] { return detect<fake_kernel>({.try_features = false})->huge_pages.pools.value()[0]; };
  CHECK(left().available() == 88U);
  p.file(group + "usage_in_bytes") = "2136997888\n";  // all but 5 pages
  CHECK((left().left_by_groups == 5U && left().available() == 5U && left().free_or_growable() == 88U));
  p.file(group + "rsvd.limit_in_bytes") = "4194304\n";
  CHECK_FALSE(left().available());  // its use is hidden
  p.file(group + "rsvd.usage_in_bytes") = "4194304\n";
  CHECK(left().available() == 0U);
  p.kernel().refusals[group + "limit_in_bytes"] = -EACCES;
  CHECK_FALSE(left().left_by_groups);
  p.kernel().refusals.clear();
  p.file("/proc/self/cgroup") = "3:hugetlb:/../elsewhere\n";
  CHECK_FALSE(left().left_by_groups);
  p.kernel().files = files_in(machines::two_nodes);
  p.kernel().files.erase("/sys/fs/cgroup/hugetlb/cgroup.procs");  // nothing is mounted there
  CHECK_FALSE(left().left_by_groups);
  p.kernel().files.erase("/proc/self/cgroup");
  CHECK_FALSE(left().available());
}

TEST_CASE("detect reads four nodes in a cpuset with one lacking processors and one memory", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected(machines::four_nodes, p);
  CHECK(caps.memory.numa_nodes == 4U);
  CHECK(caps.memory.numa_nodes > 1U);
  CHECK(caps.memory.nodes_allowed == node_set{0, 1});
  CHECK_FALSE(caps.memory.within_reach.known());  // only a call reports which nodes the thread is bound to
  const explanation reach = quire::detail::memory_within_reach<fake_kernel>({});
  CHECK(reach.room() == (100000000 + 110000000 + 2 * 5000000 - 90112) * kib);
  const numa_node_list& nodes = caps.nodes.value();
  REQUIRE(nodes.size() == 4);
  CHECK((nodes[2].id == 2 && nodes[3].id == 8));
  CHECK((nodes[2].has_processors == false && nodes[3].has_processors == true));
  CHECK(nodes[3].bytes == 0U);
  CHECK((nodes[3].distances[0] == 31 && nodes[3].distances[2] == 44 && nodes[3].distances[3] == 10));

  CHECK(caps.huge_pages.allowed_in_process == false);
  CHECK(caps.huge_pages.effort == huge_effort::in_background_or_advised);
  const folio_list& folios = caps.huge_pages.folios.value();
  REQUIRE(folios.size() == 3);
  CHECK(folios[0] == folio_size{16 * kib, huge_mode::never});
  CHECK(folios[1] == folio_size{64 * kib, huge_mode::advised});
  CHECK(folios[2] == folio_size{2 * mib, huge_mode::inherited});
  CHECK(caps.huge_pages.pools.value()[0].available() == 64U);
  CHECK(caps.limits.overcommit == overcommit::always);
  CHECK(caps.system.filter == call_filter::program);
}

TEST_CASE("detect reports the smallest limit and the least room on the path of groups", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected(machines::four_nodes, p);
  CHECK(caps.groups.smallest.value().path.view() == "/sys/fs/cgroup/tenants/blue");
  CHECK(caps.groups.smallest.value().limit == 4 * gib);
  CHECK(caps.groups.tightest.value().path.view() == "/sys/fs/cgroup/tenants");
  CHECK(caps.groups.tightest.value().room() == 8589934592U - 8552185856U);
  CHECK(caps.groups.throttled == 3 * gib);
  CHECK(caps.groups.whole_path == true);
  CHECK(caps.groups.kills == true);
}

TEST_CASE("a group file that cannot be read makes its value unknown and not unlimited", "[detect]") {
  const pretence p;
  const std::string middle = "/sys/fs/cgroup/tenants/blue";
  p.kernel().refusals[middle + "/memory.max"] = -EACCES;
  platform_capabilities caps = detected(machines::four_nodes, p);
  CHECK_FALSE(caps.groups.smallest.known());
  CHECK_FALSE(caps.groups.tightest.known());
  CHECK(caps.groups.throttled == 3 * gib);

  p.kernel().refusals = {{middle + "/memory.high", -EACCES}};
  caps = detected(machines::four_nodes, p);
  CHECK(caps.groups.smallest.value().limit == 4 * gib);
  CHECK_FALSE(caps.groups.throttled.known());

  p.kernel().refusals = {{middle + "/memory.current", -EACCES}};
  caps = detected(machines::four_nodes, p);
  CHECK(caps.groups.smallest.value().limit == 4 * gib);
  CHECK_FALSE(caps.groups.smallest.value().used);
  CHECK_FALSE(caps.groups.tightest.known());
}

/// Kernels for arm64 may have pages of 16 KiB.
struct kernel_of_16_kib : fake_kernel {
  static constexpr std::size_t largest_page = 65536;
  static std::size_t page_bytes() noexcept { return 16384; }
};

TEST_CASE("detect reads an arm64 board with pages of 16 KiB", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected<kernel_of_16_kib>(machines::arm_board, p);
  CHECK(caps.memory.page_bytes == 16 * kib);
  CHECK(caps.huge_pages.block_bytes == 32 * mib);
  const huge_pool_list& pools = caps.huge_pages.pools.value();
  REQUIRE(pools.size() == 3);
  CHECK(pools[1] == huge_pool{32 * mib, 3, 3, 0, 0, 0, no_limit});
  REQUIRE(caps.huge_pages.folios.value().size() == 4);
  CHECK(caps.huge_pages.folios.value()[1] == folio_size{64 * kib, huge_mode::always});
  CHECK(caps.memory.numa_nodes == 1U);
  CHECK(caps.memory.numa_nodes.source().find("not in this kernel") != std::string_view::npos);
  CHECK(caps.memory.nodes_allowed == node_set{0});
  REQUIRE(caps.nodes.value().size() == 1);
  CHECK((caps.nodes.value()[0].id == 0 && caps.nodes.value()[0].bytes == caps.memory.total.value()));
  CHECK_FALSE(caps.stalls.some.known());
  CHECK(caps.groups.layout == cgroup_layout::none);
  CHECK(caps.groups.smallest.value().limit == no_limit);
  CHECK(caps.groups.whole_path == true);
}

TEST_CASE("in a cgroup v1 container detect reports the smaller limit of a hidden ancestor", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected(machines::container_of_v1, p);
  CHECK(caps.groups.layout == cgroup_layout::v1);
  CHECK(caps.groups.smallest.value().limit == 256 * mib);
  CHECK(caps.groups.smallest.value().path.view().empty());
  CHECK_FALSE(caps.groups.smallest.value().used);
  CHECK_FALSE(caps.groups.tightest.known());
  CHECK(caps.groups.whole_path == false);

  std::string& stat = p.file("/sys/fs/cgroup/memory/memory.stat");
  stat.replace(stat.find("268435456"), 9, "536870912");
  const auto again = detect<fake_kernel>({.try_features = false});
  CHECK(again->groups.smallest.value().limit == 512 * mib);
  CHECK(again->groups.smallest.value().path.view() == "/sys/fs/cgroup/memory");
  CHECK(again->groups.tightest.value().room().value() > 440 * mib);
  CHECK(again->groups.whole_path == true);
  CHECK(again->groups.kills == true);
}

TEST_CASE("in a cgroup v2 container detect reports that ancestors may have limits", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected(machines::container_of_v2, p);
  CHECK(caps.groups.layout == cgroup_layout::v2);
  CHECK(caps.groups.smallest.value().limit == gib);
  CHECK(caps.groups.smallest.value().path.view() == "/sys/fs/cgroup");
  CHECK(caps.groups.tightest.value().room().value() > 600 * mib);
  CHECK(caps.groups.throttled == 966367641U);
  CHECK(caps.groups.whole_path == false);
  for (const bool hidden : {caps.huge_pages.pools.known(), caps.huge_pages.transparent.known(),
                            caps.memory.numa_nodes.known(), caps.limits.overcommit.known(), caps.system.kernel.known()})
    CHECK_FALSE(hidden);
  CHECK_FALSE(caps.limits.commit.limit.known());
}

TEST_CASE("detect reports no pools or folios where the kernel visibly has none", "[detect]") {
  const pretence p;
  const platform_capabilities caps = detected(machines::container_of_v1, p);
  CHECK(caps.huge_pages.pools.value().empty());
  CHECK(caps.huge_pages.folios.value().empty());
  p.kernel().refusals["/sys/kernel/mm"] = -EACCES;
  CHECK_FALSE(detect<fake_kernel>({.try_features = false})->huge_pages.pools.known());
}

TEST_CASE("detect resolves group paths with blanks and reports unreachable ones as unknown", "[detect]") {
  const pretence p;
  p.kernel().files = files_in(machines::four_nodes);
  const auto groups = [&p](const std::string& path, const std::string& root = "/") {
    p.file("/proc/self/cgroup") = "0::" + path + '\n';
    p.file("/proc/self/mountinfo") = "31 22 0:27 " + root + " /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n";
    return detect<fake_kernel>({.try_features = false})->groups;
  };
  CHECK(groups("/tenants").smallest.value().limit == 8 * gib);
  CHECK(groups("/tenants").whole_path == true);
  CHECK(groups("/far/tenants", "/far").smallest.value().limit == 8 * gib);
  CHECK(groups("/far/tenants", "/far").whole_path == false);
  CHECK(groups("/a b/tenants", "/a\\040b").smallest.value().limit == 8 * gib);
  // The location of these groups is unknown, and the mounted groups belong to others.
  for (const std::string& elsewhere : {std::string("/../../elsewhere"), '/' + std::string(700, 'x'),
                                       std::string("none"), std::string("/fartenants")}) {
    const auto seen = groups(elsewhere, "/far");
    CAPTURE(elsewhere);
    CHECK_FALSE(seen.smallest.known());
    CHECK_FALSE(seen.tightest.known());
    CHECK_FALSE(seen.throttled.known());
    CHECK_FALSE(seen.whole_path == true);
  }
}

TEST_CASE("detect counts more nodes than the list holds and marks the list incomplete", "[detect]") {
  const pretence p;
  p.file("/sys/devices/system/node/online") = "0-99\n";
  const auto caps = detect<fake_kernel>({.try_features = false});
  CHECK(caps->memory.numa_nodes == 100U);
  CHECK(caps->nodes.value().size() == numa_node::most);
  CHECK_FALSE(caps->nodes.value().complete());
}

TEST_CASE("a malformed value is unknown", "[detect]") {
  const pretence p;
  const auto with = [&p](const std::string& path, const std::string& text) {
    p.kernel().files = files_in(machines::two_nodes);
    p.file(path) = text;
    return *detect<fake_kernel>({.try_features = false});
  };
  CHECK_FALSE(with("/proc/sys/vm/overcommit_memory", "3\n").limits.overcommit.known());
  CHECK_FALSE(with("/proc/sys/vm/overcommit_memory", "3\n").limits.commit.limit.known());
  CHECK_FALSE(with("/proc/sys/vm/max_map_count", "many\n").limits.mappings.limit.known());
  CHECK_FALSE(with("/proc/sys/vm/max_map_count", "99999999999999999999999\n").limits.mappings.limit.known());
  CHECK_FALSE(with("/sys/devices/system/node/online", "0-\n").memory.numa_nodes.known());
  CHECK_FALSE(with("/sys/devices/system/node/online", "0-5000\n").memory.numa_nodes.known());
  CHECK(with("/sys/devices/system/node/node0/distance", "10 2x\n").nodes.value()[0].distances.empty());
  CHECK(with("/sys/devices/system/node/node0/distance", "10 256\n").nodes.value()[0].distances.empty());
  const std::string enabled = "/sys/kernel/mm/transparent_hugepage/enabled";
  for (const char* const text : {"always madvise never\n", "always [sometimes] never\n", "[always", "", "]always["})
    CHECK_FALSE(with(enabled, text).huge_pages.transparent.known());
  for (const char* const text : {"some avg10=1\n", "some avg10=101.00 avg60=0.00 avg300=0.00 total=1\n",
                                 "some avg10=1.5 avg60=0.00 avg300=0.00 total=1\n", "some avg10=1.50 avg60=0.00\n"})
    CHECK_FALSE(with("/proc/pressure/memory", text).stalls.some.known());
  CHECK_FALSE(with("/proc/self/status", "Seccomp:\t7\nCapEff:\tzz\n").system.filter.known());
}

}  // namespace
}  // namespace quire::test
