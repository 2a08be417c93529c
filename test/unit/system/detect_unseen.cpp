// SPDX-License-Identifier: BSL-1.0
// Values that detection cannot see, because they are hidden, covered, foreign or too long for its buffers, are unknown.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <quire/detect.hpp>
#include <quire/ostream.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_machines.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

control_group_facts groups() {
  const auto caps = detect<fake_kernel>({.try_features = false});
  REQUIRE(caps);
  return caps->groups;
}
void check_that_nothing_is_known(const control_group_facts& told) {
  CHECK_FALSE(told.smallest.known());
  CHECK_FALSE(told.tightest.known());
  CHECK_FALSE(told.throttled.known());
  CHECK_FALSE(told.whole_path == true);
  CHECK(told.layout.known());
}
/// The result of the limit analysis as headroom and assured use it.
bool is_inconclusive() {
  quire::detail::limit_analysis v(1, 0);
  (void)quire::detail::consider_cgroups<fake_kernel>(v, quire::detail::throttling::counts);
  return v.is_inconclusive();
}

constexpr std::string_view mount_of_v1 = "/sys/fs/cgroup/memory", mount_of_v2 = "/sys/fs/cgroup";

void limit_v1(const pretence& p, const std::string& folder, std::uint64_t bytes) {
  p.file(folder + "/cgroup.procs") = "1\n";
  p.file(folder + "/memory.limit_in_bytes") = std::to_string(bytes) + '\n';
  p.file(folder + "/memory.usage_in_bytes") = "4096\n";
  p.file(folder + "/memory.stat") = "hierarchical_memory_limit " + std::to_string(bytes) + '\n';
}
void limit_v2(const pretence& p, const std::string& folder, std::uint64_t bytes) {
  p.file(folder + "/cgroup.procs") = "1\n";
  p.file(folder + "/cgroup.events") = "populated 1\n";
  p.file(folder + "/memory.max") = p.file(folder + "/memory.high") = std::to_string(bytes) + '\n';
  p.file(folder + "/memory.current") = "4096\n";
}
void mount_v1(const pretence& p, const std::string& root = "/") {
  p.file("/proc/self/mountinfo") = "31 22 0:27 " + root + " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
}
void mount_v2(const pretence& p, const std::string& root = "/") {
  p.file("/proc/self/mountinfo") = "31 22 0:27 " + root + " /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
}

TEST_CASE("a group whose name begins with two dots is found", "[detect][unseen]") {
  const pretence p;
  for (const std::string& name : {std::string("/..two"), std::string("/..."), std::string("/a/..b/c")}) {
    p.kernel().files.clear();
    p.file("/proc/self/cgroup") = "4:memory:" + name + '\n';
    mount_v1(p);
    std::string folder(mount_of_v1);
    limit_v1(p, folder, std::uint64_t{1} << 62);
    for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
      limit_v1(p, folder + name.substr(0, end), end == std::string::npos ? 64 * mib : std::uint64_t{1} << 62);
      if (end == std::string::npos) break;
    }
    CAPTURE(name);
    REQUIRE(groups().smallest.known());
    CHECK(groups().smallest.value().limit == 64 * mib);
    CHECK_FALSE(is_inconclusive());
  }
  // Two dots alone lead out of the cgroup namespace.
  p.file("/proc/self/cgroup") = "4:memory:/../two\n";
  check_that_nothing_is_known(groups());
  CHECK(is_inconclusive());
  mount_v1(p, "/..");
  limit_v1(p, std::string(mount_of_v1) + "/two", 32 * mib);
  CHECK(groups().smallest.value().limit == 32 * mib);
}

TEST_CASE("the limit of a group whose path does not fit is unknown", "[detect][unseen]") {
  const pretence p;
  for (std::size_t length = 400; length < 2000; length += length < 600 ? 1 : 97) {
    CAPTURE(length);
    std::string path;
    while (path.size() < length) path += '/' + std::string(std::min<std::size_t>(200, length - path.size() - 1), 'x');
    for (const bool v1 : {true, false}) {
      p.kernel().files.clear();
      p.file("/proc/self/cgroup") = (v1 ? "4:memory:" : "0::") + path + '\n';
      v1 ? mount_v1(p) : mount_v2(p);
      const std::string mount(v1 ? mount_of_v1 : mount_of_v2);
      for (std::size_t end = 0; end != std::string::npos;
           end = end == 0 ? path.find('/', 1) : path.find('/', end + 1)) {
        v1 ? limit_v1(p, mount + path.substr(0, end), 64 * mib) : limit_v2(p, mount + path.substr(0, end), 64 * mib);
      }
      v1 ? limit_v1(p, mount + path, 64 * mib) : limit_v2(p, mount + path, 64 * mib);
      const control_group_facts told = groups();
      if (!told.smallest.known()) {
        CHECK_FALSE(told.tightest.known());
        CHECK_FALSE(told.throttled == (v1 ? 64 * mib : no_limit));
        CHECK(is_inconclusive());
        CHECK(path.size() + mount.size() > 450);
      } else {
        CHECK(told.smallest.value().limit == 64 * mib);
        CHECK_FALSE(told.throttled == (v1 ? 64 * mib : no_limit));
      }
    }
  }
}

TEST_CASE("a group or mount whose name is cut is no other one with this beginning", "[detect][unseen]") {
  const pretence p;
  const std::string longest = '/' + std::string(510, 'x');  // as much as is kept
  for (const auto& [group, root] : {std::pair(longest, longest + 'x'), std::pair(longest + 'x', longest)}) {
    p.file("/proc/self/cgroup") = "0::" + group + '\n';
    mount_v2(p, root);
    limit_v2(p, std::string(mount_of_v2), 64 * mib);
    check_that_nothing_is_known(groups());
  }
  p.file("/proc/self/cgroup") = "0::" + longest + '\n';
  mount_v2(p, longest);
  CHECK(groups().smallest.value().limit == 64 * mib);
}

TEST_CASE("a mount that shows a foreign group makes all limits unknown", "[detect][unseen]") {
  const pretence p;
  p.file("/proc/self/cgroup") = "4:memory:/docker/own\n";
  mount_v1(p, "/docker/foreign");
  limit_v1(p, std::string(mount_of_v1), 64 * mib);
  check_that_nothing_is_known(groups());
  CHECK(groups().whole_path == false);
  CHECK(is_inconclusive());

  p.file("/proc/self/cgroup") = "0::/docker/own\n";
  mount_v2(p, "/docker/ow");  // a prefix of the group's name, but not its ancestor
  limit_v2(p, std::string(mount_of_v2), 64 * mib);
  check_that_nothing_is_known(groups());
  CHECK(is_inconclusive());
  mount_v2(p, "/docker/own");
  CHECK(groups().smallest.value().limit == 64 * mib);
  // A process that changed its cgroup namespace without new mounts sees groups outside, but not the path to its own.
  p.file("/proc/self/cgroup") = "0::/\n";
  mount_v2(p, "/../..");
  check_that_nothing_is_known(groups());
}

TEST_CASE("limits of groups are unknown without /sys and without mounts", "[detect][unseen]") {
  const pretence p;
  for (const char* const line : {"0::/box\n", "4:memory:/box\n"}) {
    p.kernel().files.clear();
    p.file("/proc/self/cgroup") = line;
    check_that_nothing_is_known(groups());
    CHECK_FALSE(groups().whole_path.known());
    CHECK(is_inconclusive());
    mount_v2(p);
    p.file("/proc/self/mountinfo") += "32 22 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    check_that_nothing_is_known(groups());
    CHECK(is_inconclusive());
  }
}

TEST_CASE("limits of groups are unknown where another mount covers theirs", "[detect][unseen]") {
  const pretence p;
  p.file("/proc/self/cgroup") = "0::/own\n";
  const std::string below = "31 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  limit_v2(p, std::string(mount_of_v2) + "/own", 64 * mib);
  p.file(std::string(mount_of_v2) + "/cgroup.procs") = "1\n";
  const auto with = [&p, &below](const std::string& others) {
    p.file("/proc/self/mountinfo") = others + below;
    const control_group_facts told = groups();
    p.file("/proc/self/mountinfo") = below + others;  // the order does not matter: mounts can be moved
    CHECK(groups().smallest.known() == told.smallest.known());
    return told;
  };
  CHECK(with("").smallest.known());
  CHECK(with("22 1 0:3 / / rw - ext4 /dev/vda rw\n").smallest.known());
  CHECK(with("40 22 0:9 / /sys/fs/cgroup2 rw - tmpfs tmpfs rw\n").smallest.known());
  CHECK(with("40 22 0:9 / / rw - tmpfs tmpfs rw\n").smallest.known());
  check_that_nothing_is_known(with("40 31 0:9 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"));
  check_that_nothing_is_known(with("40 31 0:27 /foreign /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"));
  check_that_nothing_is_known(with("40 22 0:9 / /sys/fs rw - tmpfs tmpfs rw\n"));
  check_that_nothing_is_known(with("40 31 0:9 / /sys/fs/cgroup/own rw - tmpfs tmpfs rw\n"));
  // The last mount wins; in these two cases it shows the same groups.
  CHECK(with("40 31 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n").smallest.known());
  CHECK(with("40 31 0:27 /own /sys/fs/cgroup/own rw - cgroup2 cgroup2 rw\n").smallest.known());
}

TEST_CASE("a truncated line makes limits unknown unless the lost part cannot matter", "[detect][unseen]") {
  const pretence p;
  p.kernel().files = files_in(machines::container_of_v2);
  CHECK(groups().smallest.known());
  const std::string mounts = p.file("/proc/self/mountinfo"), long_name(1100, 'n');
  // The options of a root file system may be long; a line of a cgroup mount, or the part before the type, may not.
  p.file("/proc/self/mountinfo") =
      "599 590 0:45 / /other rw - overlay overlay rw,lowerdir=" + long_name + '\n' + mounts;
  CHECK(groups().smallest.known());
  p.file("/proc/self/mountinfo") = "599 590 0:45 / /" + long_name + " rw - overlay overlay rw\n" + mounts;
  CHECK(groups().smallest.known());  // longer than any path to a group, so that it covers none
  p.file("/proc/self/mountinfo") = "599 600 0:45 /" + long_name + " / rw - overlay overlay rw\n" + mounts;
  check_that_nothing_is_known(groups());
  p.file("/proc/self/cgroup") = "0::/" + long_name + '\n';
  check_that_nothing_is_known(groups());
}

TEST_CASE("node lists of any length are read and processor lists of any length counted", "[detect][unseen]") {
  const pretence p;
  std::string every_other;
  for (unsigned i = 0; i < 1024; i += 2) every_other += std::to_string(i) + (i < 1022 ? "," : "\n");
  p.file("/sys/devices/system/node/online") = every_other;
  p.file("/sys/devices/system/cpu/online") = every_other;
  p.file("/proc/self/status") = "Mems_allowed_list:\t" + every_other;
  const auto caps = detect<fake_kernel>({.try_features = false});
  CHECK(caps->memory.numa_nodes == 512U);
  CHECK_FALSE(caps->memory.nodes_allowed.known());  // the line does not fit
  CHECK(quire::detail::memcg_stock_bytes<fake_kernel>() == std::uint64_t{512} * 64 * 4096);
  p.file("/sys/devices/system/cpu/online") = "0-8191\n";
  CHECK(quire::detail::memcg_stock_bytes<fake_kernel>() == std::uint64_t{8192} * 64 * 4096);
  for (const char* const text : {"", "\n", "0-\n", "0-3,\n", "3-1\n", "0 1\n", "5,2\n", "0-99999999999999999999\n"}) {
    p.file("/sys/devices/system/cpu/online") = text;
    CHECK(quire::detail::memcg_stock_bytes<fake_kernel>() == UINT64_MAX);
  }
  p.file("/sys/devices/system/node/node0/cpulist") = every_other;
  CHECK(caps->nodes.value()[0].id == 0);
  CHECK(detect<fake_kernel>({.try_features = false})->nodes.value()[0].has_processors == true);
}

TEST_CASE("a feature that the kernel lacks is absent and a hidden feature is unknown", "[detect][unseen]") {
  const pretence p;
  p.kernel().files = files_in(machines::workstation);
  const auto erase = [&p](const std::string& folder) {
    std::erase_if(p.kernel().files, [&](const auto& file) { return file.first.starts_with(folder + '/'); });
  };
  const auto caps = [] { return *detect<fake_kernel>({.try_huge_pages = true, .try_features = false}); };
  erase("/sys/kernel/mm/transparent_hugepage");
  erase("/sys/devices/system/node");
  p.file("/sys/devices/system/cpu/online") = "0-7\n";
  CHECK(caps().huge_pages.transparent == huge_mode::absent);
  CHECK(caps().huge_pages.effort == huge_effort::none);
  CHECK(caps().huge_pages.block_bytes == 0U);
  CHECK((caps().huge_pages.come_when_touched == false && caps().huge_pages.come_when_collapsed == false));
  CHECK(caps().huge_pages.folios.value().empty());
  CHECK((caps().huge_pages.allowed_in_process == false && caps().huge_pages.in_process == huge_mode::never));
  CHECK(caps().memory.numa_nodes == 1U);
  CHECK(caps().memory.nodes_allowed == node_set{0});
  CHECK(caps().nodes.value()[0].bytes == caps().memory.total.value());
  CHECK(caps().memory.within_reach == caps().memory.available.value());

  p.kernel().refusals = {{"/sys/kernel/mm/transparent_hugepage", -EACCES}, {"/sys/devices/system/node", -EACCES}};
  CHECK_FALSE(caps().huge_pages.transparent.known());
  CHECK_FALSE(caps().huge_pages.block_bytes.known());
  CHECK_FALSE(caps().memory.numa_nodes.known());
  CHECK_FALSE(caps().nodes.known());
  p.kernel().refusals.clear();
  erase("/sys");
  CHECK_FALSE(caps().huge_pages.transparent.known());
  CHECK_FALSE(caps().huge_pages.in_process.known());
  CHECK_FALSE(caps().memory.numa_nodes.known());
}

TEST_CASE("CAP_IPC_LOCK lifts the limit only where the user namespace is known to be initial", "[detect][unseen]") {
  const pretence p;
  p.kernel().files = files_in(machines::two_nodes);
  p.kernel().limits[fake_kernel::limit_locked] = 8 * mib;
  const auto caps = [] { return *detect<fake_kernel>({.try_features = false}); };
  CHECK(caps().limits.locked.limit == no_limit);
  CHECK(caps().system.initial_user_namespace == true);
  p.file("/proc/self/ns/user") = "4026532519\n";  // a nested user namespace whose users map to themselves
  CHECK(caps().limits.locked.limit == 8 * mib);
  CHECK(caps().system.initial_user_namespace == false);
  p.kernel().files.erase("/proc/self/ns/user");
  p.kernel().refusals["/proc/self/ns/user"] = -EACCES;
  CHECK_FALSE(caps().limits.locked.limit.known());
  CHECK_FALSE(caps().system.initial_user_namespace.known());
  p.file("/proc/self/uid_map") = "         0     100000      65536\n";
  CHECK(caps().limits.locked.limit == 8 * mib);
  p.file("/proc/self/uid_map") = "         0          0          1\n         1          1 4294967294\n";
  CHECK(caps().limits.locked.limit == 8 * mib);
  p.kernel().files.erase("/proc/self/uid_map");
  CHECK_FALSE(caps().limits.locked.limit.known());
  p.kernel().refusals.clear();
  p.file("/proc/self/ns/pid") = "4026531836\n";  // a kernel without user namespaces has the folder but not this file
  CHECK(caps().system.initial_user_namespace == true);
  CHECK(caps().limits.locked.limit == no_limit);
}

}  // namespace
}  // namespace quire::test
