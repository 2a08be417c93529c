// SPDX-License-Identifier: BSL-1.0
// The doctor's findings on fake machines, and whether these machines can meet a need.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <quire/detect.hpp>

#include "doctor/findings.hpp"
#include "doctor/needs.hpp"
#include "doctor/options.hpp"
#include "doctor/report.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_machines.hpp"

namespace quire::test {
namespace {

using doctor::finding, doctor::weight;

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

platform_capabilities machine(std::string_view text) {
  const pretence p;
  p.kernel().files = files_in(text);
  p.kernel().policy_error = EPERM;
  const auto caps = detect<fake_kernel>({.count_mappings = true, .try_features = false});
  REQUIRE(caps);
  return *caps;
}

std::optional<finding> found(const platform_capabilities& caps, std::string_view id) {
  for (const finding& each : doctor::findings_in(caps))
    if (each.id == id) return each;
  return std::nullopt;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("the doctor finds always-on huge pages and empty pools on a workstation", "[doctor]") {
  const platform_capabilities caps = machine(machines::workstation);
  const auto always = found(caps, "transparent_always");
  REQUIRE(always);
  CHECK(always->weight == weight::costs);
  CHECK(contains(always->figure, "defrag is always"));
  CHECK(contains(always->remedy, "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"));
  CHECK(contains(found(caps, "swap")->figure, "8 GiB"));
  CHECK(contains(found(caps, "pools_empty")->remedy, "hugepages-2048kB/nr_hugepages"));
  CHECK(contains(found(caps, "mappings")->figure, "29,488"));
  for (const char* const id : {"no_folios", "overcommit", "one_node"}) CHECK(found(caps, id));
  for (const char* const id : {"group_kills", "groups_hidden", "cpuset", "hidden", "stalls", "locked_limit"}) {
    CAPTURE(id);
    CHECK_FALSE(found(caps, id));
  }
}

TEST_CASE("the doctor finds the commit limit and stalls on a server without overcommit", "[doctor]") {
  const platform_capabilities caps = machine(machines::two_nodes);
  CHECK(found(caps, "stalls")->weight == weight::in_the_way);
  CHECK(contains(found(caps, "stalls")->figure, "12.34 %"));
  CHECK(contains(found(caps, "commit_limit")->figure, "25.8 GiB of 125.8 GiB"));
  CHECK(found(caps, "transparent_off")->weight == weight::costs);
  const auto group = found(caps, "group_stops");
  REQUIRE(group);
  CHECK(contains(group->figure, "/sys/fs/cgroup/cpu,memory/batch"));
  CHECK_FALSE(found(caps, "group_kills"));
  CHECK_FALSE(found(caps, "pools_empty"));
  CHECK_FALSE(found(caps, "pool_limited"));
  CHECK_FALSE(found(caps, "one_node"));
  CHECK_FALSE(found(caps, "mappings"));
}

TEST_CASE("the doctor finds the full group and the cpuset on a shared machine", "[doctor]") {
  platform_capabilities caps = machine(machines::four_nodes);
  const auto group = found(caps, "group_kills");
  REQUIRE(group);
  CHECK(group->weight == weight::in_the_way);  // 36 MiB left of 8 GiB, in the outer group
  CHECK(contains(group->figure, "in /sys/fs/cgroup/tenants"));
  CHECK(contains(found(caps, "cpuset")->figure, "0-1 of 4"));
  CHECK(contains(found(caps, "node_without_memory")->figure, "node 8"));
  CHECK(contains(found(caps, "throttled")->figure, "3 GiB"));
  CHECK(found(caps, "transparent_off_in_process"));
  CHECK_FALSE(found(caps, "folios_off"));
  CHECK_FALSE(found(caps, "groups_hidden"));

  caps.features[memory_feature::placement] = {{false, "mbind"}, EPERM};
  const auto refused = found(caps, "placement_refused");
  REQUIRE(refused);
  CHECK(refused->weight == weight::in_the_way);
  CHECK(contains(refused->figure, "seccomp"));
  CHECK(contains(refused->remedy, "SYS_NICE"));
}

TEST_CASE("the doctor finds hidden groups in containers and no folio problem on a board", "[doctor]") {
  const platform_capabilities v1 = machine(machines::container_of_v1);
  CHECK(contains(found(v1, "groups_hidden")->figure, "256 MiB"));
  CHECK(found(v1, "no_stall_information"));
  CHECK(found(v1, "no_pools"));
  const platform_capabilities v2 = machine(machines::container_of_v2);
  CHECK(found(v2, "groups_hidden"));
  CHECK(found(v2, "hidden"));
  CHECK(found(v2, "group_kills")->weight == weight::costs);
  const platform_capabilities board = machine(machines::arm_board);
  CHECK_FALSE(found(board, "folios_off"));
  CHECK_FALSE(found(board, "no_folios"));
  CHECK_FALSE(found(board, "one_node"));
}

TEST_CASE("the doctor derives findings from refused features and from limits", "[doctor]") {
  platform_capabilities caps = machine(machines::workstation);
  using enum memory_feature;
  feature_facts& f = caps.features;
  f[discard] = {{false, "madvise(MADV_DONTNEED)"}, 0};
  CHECK(contains(found(caps, "discard_without_effect")->figure, "without any effect"));
  f[memory_tags] = {{false, "the auxiliary vector: HWCAP2_MTE"}, 0};
  CHECK(found(caps, "no_tags"));
  f[memory_tags] = {{false, "the kind of processor"}, 0};
  CHECK_FALSE(found(caps, "no_tags"));
  f[pagemap] = {{false, "/proc/self/pagemap"}, EACCES};
  CHECK(contains(found(caps, "pagemap_hidden")->figure, "not permitted"));
  f[guard_markers] = f[sealing] = f[mapping_names] = f[populate] = f[locking] = {{false, "a call"}, EINVAL};
  for (const char* const id : {"no_guard_markers", "no_sealing", "no_mapping_names", "no_populate", "no_locking"})
    CHECK(found(caps, id));

  caps.limits.locked = {{8 * mib, ""}, {0, ""}};
  CHECK(found(caps, "locked_limit")->weight == weight::costs);
  caps.limits.locked = {{8 * mib, ""}, {8 * mib, ""}};
  CHECK(found(caps, "locked_limit")->weight == weight::in_the_way);
  caps.limits.address_space.limit = {gib, ""};
  caps.limits.data.limit = {gib, ""};
  CHECK((found(caps, "address_space_limit") && found(caps, "data_limit")));
  caps.memory.available = {gib / 4, ""};
  CHECK(found(caps, "memory_short")->weight == weight::in_the_way);
  caps.huge_pages.come_when_touched = {false, ""};
  CHECK(found(caps, "transparent_without_effect"));
  CHECK(doctor::findings_in(caps).front().weight == weight::in_the_way);
  CHECK(doctor::findings_in(caps).back().weight == weight::worth_knowing);
}

TEST_CASE("the doctor reports a value that could not be read as unknown rather than 0", "[doctor]") {
  platform_capabilities caps = machine(machines::two_nodes);
  caps.stalls.full = reading<unsigned>::unknown("hidden");
  CHECK(contains(found(caps, "stalls")->figure, "an unknown part all of them"));
  caps.limits.commit.limit = reading<std::uint64_t>::unknown("hidden");
  CHECK(found(caps, "commit_limit")->figure == "an unknown part of an unknown limit left to be committed");
  caps.limits.locked = {{8 * mib, ""}, reading<std::uint64_t>::unknown("hidden")};
  CHECK(found(caps, "locked_limit")->figure == "an unknown part used of 8 MiB");
  auto group = caps.groups.tightest.value();
  group.used.reset();
  group.path = {};
  caps.groups.tightest = {group, ""};
  caps.groups.kills = reading<bool>::unknown("hidden");
  CHECK(contains(found(caps, "group_kills")->figure, "an unknown part of 2 GiB left, in a hidden group"));
  CHECK(contains(found(caps, "group_kills")->consequence, "as far as can be told"));

  caps = machine(machines::workstation);
  caps.memory.swap_free = reading<std::uint64_t>::unknown("hidden");
  CHECK(found(caps, "swap")->figure == "8 GiB, an unknown part free");
  CHECK(contains(found(caps, "no_folios")->consequence, "costs a fault for each page of the system"));
  caps.huge_pages.first_touch_bytes = {std::uint64_t{16 * kib}, ""};
  CHECK(contains(found(caps, "no_folios")->consequence, "costs 4 page faults"));
  auto pools = caps.huge_pages.pools.value();
  pools[0].free.reset();
  caps.huge_pages.pools = {pools, ""};
  CHECK_FALSE(found(caps, "pools_empty"));
}

TEST_CASE("every finding has a distinct id and a figure and a consequence", "[doctor]") {
  for (const std::string_view text : {machines::workstation, machines::two_nodes, machines::four_nodes,
                                      machines::arm_board, machines::container_of_v1, machines::container_of_v2}) {
    const auto all = doctor::findings_in(machine(text));
    CHECK(all.size() >= 3);
    std::set<std::string> names;
    for (const finding& each : all) {
      CAPTURE(each.id);
      CHECK(names.insert(each.id).second);
      CHECK_FALSE(each.title.empty());
      CHECK_FALSE(each.figure.empty());
      CHECK_FALSE(each.consequence.empty());
    }
  }
}

struct judged {
  std::vector<doctor::demand> demands;
  int status;

  [[nodiscard]] std::optional<bool> operator[](std::string_view what) const {
    for (const auto& each : demands)
      if (each.what.starts_with(what)) return each.is_met();
    FAIL("no demand for " << what);
    return std::nullopt;
  }
};

judged judge(const platform_capabilities& caps, const std::vector<std::string>& arguments,
             std::optional<std::uint64_t> places = 16382) {
  std::string wrong;
  const auto asked = doctor::read_options(arguments, wrong);
  REQUIRE(asked);
  auto demands = doctor::judge(asked->need, caps, places);
  const int status = doctor::status_of(demands);
  return {std::move(demands), status};
}

TEST_CASE("a need is met or not met or undecided", "[doctor]") {
  const platform_capabilities caps = machine(machines::workstation);
  const std::vector<std::string> many{"--memories", "20000", "--reservation", "8GiB"};
  CHECK(judge(caps, many)["reservations"] == false);
  CHECK(judge(caps, many)["mappings"] == true);
  CHECK(judge(caps, many).status == 1);
  CHECK(judge(caps, many, 20000).status == 0);
  CHECK(judge(caps, many, std::nullopt).status == 3);
  CHECK(judge(caps, {"--memories", "30000"})["mappings"] == false);
  CHECK(judge(caps, {"--memories", "100", "--committed", "64MiB"}).status == 0);
  CHECK(judge(caps, {"--memories", "200", "--committed", "64MiB"})["memory of the machine"] == false);
  CHECK(judge(caps, {}).status == 0);
}

TEST_CASE("a need depends on limits and groups and pools and features", "[doctor]") {
  platform_capabilities caps = machine(machines::two_nodes);
  const auto of_one = [&caps](const char* committed) { return judge(caps, {"--committed", committed}); };
  CHECK(of_one("512MiB")["control groups"] == true);  // 128 MiB are free, and 760 MiB of cache are reclaimable
  CHECK(of_one("1GiB")["control groups"] == false);
  CHECK(of_one("20GiB")["commit limit"] == true);
  CHECK(of_one("30GiB")["commit limit"] == false);
  const auto pool = [&caps](const char* committed) {
    return judge(caps, {"--memories", "8", "--committed", committed, "--pool", "2MiB"})["pages of the pool"];
  };
  CHECK(pool("22MiB") == true);  // 88 pages are available
  CHECK(pool("23MiB") == false);
  CHECK(judge(caps, {"--committed", "1MiB", "--pool", "4MiB"})["pages of the pool"] == false);
  const auto remedy = [&caps](const std::vector<std::string>& need) {
    return judge(caps, need).demands.front().remedy;
  };
  CHECK(contains(judge(caps, {"--committed", "1MiB", "--pool", "4MiB"}).demands.back().remedy,
                 "there are: 2 MiB, 1 GiB"));
  CHECK(remedy({"--memories", "100000000"}) == "sudo sysctl vm.max_map_count=268435456");
  CHECK(remedy({"--memories", "1000000000"}) == "Spread them over several processes.");
  const auto of_group = [&caps] {
    return judge(caps, {"--committed", "160MiB", "--pool", "2MiB"})["pages of 2 MiB of the control group"];
  };
  CHECK(of_group() == true);
  auto pools = caps.huge_pages.pools.value();
  pools[0].left_by_groups = 79;
  caps.huge_pages.pools = {pools, ""};
  CHECK(of_group() == false);
  CHECK(contains(found(caps, "pool_limited")->figure, "79 of 2 MiB left, of 88"));

  caps.limits.locked = {{8 * mib, ""}, {mib, ""}};
  caps.limits.address_space.limit = {gib, ""};
  caps.limits.data.limit = {64 * mib, ""};
  CHECK(judge(caps, {"--committed", "8MiB", "--locked"})["RLIMIT_MEMLOCK"] == false);
  CHECK(judge(caps, {"--committed", "7MiB", "--locked"})["RLIMIT_MEMLOCK"] == true);
  CHECK(judge(caps, {"--reservation", "2GiB"})["RLIMIT_AS"] == false);
  CHECK(judge(caps, {"--committed", "64MiB"})["RLIMIT_DATA"] == false);

  caps.features[memory_feature::sealing] = {{true, "mseal"}, 0};
  caps.features[memory_feature::placement] = {{false, "mbind"}, EPERM};
  CHECK(judge(caps, {"--feature", "sealing"}).status == 0);
  CHECK(judge(caps, {"--feature", "sealing", "--feature", "placement"}).status == 1);
  CHECK(judge(caps, {"--feature", "pagemap"}).status == 3);
  CHECK(judge(caps, {"--feature", "pagemap", "--feature", "placement"}).status == 1);
}

TEST_CASE("a need is undecided in a container that hides its limits", "[doctor]") {
  CHECK(judge(machine(machines::container_of_v1), {"--committed", "1MiB"}).status == 3);
  const auto of_v2 = judge(machine(machines::container_of_v2), {"--committed", "1MiB"});
  CHECK(of_v2["memory of the machine"] == true);
  CHECK(of_v2["control groups (/sys/fs/cgroup)"] == true);
  CHECK_FALSE(of_v2["control groups around these"].has_value());
  CHECK(of_v2.status == 3);
  CHECK(judge(machine(machines::container_of_v2), {"--committed", "2GiB"}).status == 1);
}

TEST_CASE("a need counts only the memory of the nodes in reach", "[doctor]") {
  platform_capabilities caps = machine(machines::four_nodes);  // 404 GiB are available, 209.7 of them on nodes 0 and 1
  caps.memory.within_reach = {(100000000 + 110000000 + 2 * 5000000 - 90112) * kib, "meminfo of these nodes"};
  const auto on_nodes = [&caps](const char* committed) {
    return judge(caps, {"--committed", committed})["memory of the nodes"];
  };
  CHECK(on_nodes("209GiB") == true);
  CHECK(on_nodes("210GiB") == false);
  caps.memory.within_reach = reading<std::uint64_t>::unknown("hidden");
  CHECK_FALSE(on_nodes("1MiB").has_value());
}

TEST_CASE("a pool to be filled needs memory and no remedy exceeds the machine", "[doctor]") {
  platform_capabilities caps = machine(machines::workstation);  // 15.5 GiB, 9 of them available; an empty pool of 2 MiB
  const auto of = [&caps](const std::vector<std::string>& need) {
    auto with_pool = need;
    with_pool.insert(with_pool.end(), {"--pool", "2MiB"});
    return judge(caps, with_pool);
  };
  const auto remedy = [](const judged& j, std::string_view what) {
    for (const auto& each : j.demands)
      if (each.what.starts_with(what)) return each.remedy;
    return std::string("no demand for it");
  };
  const judged beyond = of({"--committed", "1GiB", "--memories", "1000"});
  CHECK(beyond["memory of the machine"] == false);
  CHECK(beyond["pages of the pool"] == false);
  for (const char* const what : {"memory of the machine", "pages of the pool"})
    CHECK(remedy(beyond, what) == "This machine has 15.5 GiB in all: commit less, or fewer memories.");
  const judged later = of({"--committed", "1GiB", "--memories", "12"});
  CHECK(later["memory of the machine"] == false);
  CHECK(contains(remedy(later, "pages of the pool"), "Free memory, and then raise /sys/kernel/mm/hugepages"));
  const judged now = of({"--committed", "1GiB", "--memories", "4"});
  CHECK(now["memory of the machine"] == true);
  CHECK(contains(remedy(now, "pages of the pool"), "echo 2048 | sudo tee"));

  // Pages that are in the pool already need no further memory.
  auto pools = caps.huge_pages.pools.value();
  pools[0] = {2 * mib, 7000, 6200, 100, 0, 0, no_limit};
  caps.huge_pages.pools = {pools, ""};
  CHECK(of({"--committed", "1GiB", "--memories", "11"})["memory of the machine"] == true);
  CHECK(of({"--committed", "1GiB", "--memories", "11"})["pages of the pool"] == true);
  CHECK(contains(remedy(of({"--committed", "1GiB", "--memories", "12"}), "pages of the pool"), "echo 7044 | sudo tee"));
  pools[0].free.reset();
  caps.huge_pages.pools = {pools, ""};
  CHECK_FALSE(of({"--committed", "1GiB", "--memories", "12"})["memory of the machine"].has_value());
  caps = machine(machines::two_nodes);
  CHECK(contains(remedy(judge(caps, {"--committed", "30GiB"}), "commit limit"), "vm.overcommit_ratio=90"));
  CHECK(remedy(judge(caps, {"--committed", "300GiB"}), "commit limit") == "Commit less, or add memory or swap.");
}

std::string as_json(const platform_capabilities& caps, std::vector<doctor::demand> demands = {}) {
  std::ostringstream out;
  doctor::print_as_json(out, {caps, doctor::findings_in(caps), std::move(demands)});
  return out.str();
}
std::string as_text(const platform_capabilities& caps) {
  std::ostringstream out;
  doctor::print_for_people(out, {caps, doctor::findings_in(caps), {}}, doctor::colours::none, true);
  return out.str();
}

TEST_CASE("a path of any bytes is printed as valid JSON and without terminal control codes", "[doctor]") {
  platform_capabilities caps = machine(machines::four_nodes);
  const auto with_path = [&caps](std::string_view path) {
    auto group = caps.groups.tightest.value();
    group.path = decltype(group.path)(path);
    caps.groups.tightest = caps.groups.smallest = {group, ""};
    return caps;
  };
  CHECK(contains(as_json(with_path("/caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x90\xa7")),
                 "\"/caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x90\xa7\""));
  CHECK(contains(as_text(caps), "in /caf\xc3\xa9/\xe2\x82\xac/"));
  // Lone bytes, overlong encodings, a value beyond Unicode, a surrogate, truncated sequences.
  for (const char* const bad :
       {"\x80", "\xff", "\xc0\xaf", "\xe0\x80\x80", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xc3", "\xe2\x82"}) {
    std::string replaced;
    for (std::size_t i = 0; i < std::string_view(bad).size(); ++i) replaced += "\\ufffd";
    CHECK(contains(as_json(with_path(std::string("/a") + bad)), "\"/a" + replaced + '"'));
    CHECK(contains(as_json(with_path(std::string("/a") + bad + "b")), "\"/a" + replaced + "b\""));
    CHECK(contains(as_text(caps), "/a\\x"));
  }
  CHECK(contains(as_json(with_path("/\33[2J\n\"\\\x7f")), R"("/\u001b[2J\u000a\"\\\u007f")"));
  CHECK(contains(as_text(caps), "/\\x1b[2J\\x0a\"\\\\x7f"));
  CHECK_FALSE(contains(as_text(with_path("/\xc2\x9b"
                                         "2J")),
                       "\xc2\x9b"));
  CHECK(contains(as_text(with_path('/' + std::string(300, 'x'))), "xxx..."));
}

TEST_CASE("an amount too large to count is not printed as no limit", "[doctor]") {
  const platform_capabilities caps = machine(machines::workstation);
  const auto demands = judge(caps, {"--memories", std::to_string(UINT64_MAX - 1), "--committed", "1GiB"}).demands;
  CHECK(contains(as_json(caps, demands), R"("wanted": "more than can be counted")"));
  CHECK_FALSE(contains(as_json(caps, demands), R"("wanted": "no limit")"));
}

TEST_CASE("a list of nodes is printed with node numbers rather than a count", "[doctor]") {
  CHECK(contains(as_text(machine(machines::workstation)), "NUMA nodes                node 0: "));
  CHECK(contains(as_text(machine(machines::four_nodes)), "nodes 0-1"));
}

TEST_CASE("the doctor reports huge pages that are switched off for the process", "[doctor]") {
  platform_capabilities caps = machine(machines::workstation);
  CHECK_FALSE(found(caps, "transparent_off_in_process"));
  caps.huge_pages.come_when_touched = {false, ""};
  caps.huge_pages.in_process = {huge_mode::never, "prctl(PR_GET_THP_DISABLE)"};
  CHECK(found(caps, "transparent_off_in_process"));
  CHECK_FALSE(found(caps, "transparent_without_effect"));  // the cause is known
  CHECK(contains(as_text(caps), "always, but switched off for this process"));
  caps.huge_pages.in_process = {huge_mode::advised, "prctl(PR_GET_THP_DISABLE)"};
  CHECK(found(caps, "transparent_advised_in_process"));
  caps.huge_pages.transparent = {huge_mode::absent, ""};
  caps.huge_pages.allowed_in_process = {false, ""};
  CHECK(found(caps, "transparent_absent"));
  for (const char* const id : {"transparent_off_in_process", "transparent_advised_in_process", "no_folios",
                               "transparent_off", "transparent_without_effect"})
    CHECK_FALSE(found(caps, id));
}

TEST_CASE("a need is undecided where a cgroup v1 group cannot be found", "[doctor]") {
  const pretence p;
  p.kernel().files = files_in(machines::container_of_v1);
  std::string& mounts = p.file("/proc/self/mountinfo");
  const std::string own = "0:31 /docker/0123abcd ";
  REQUIRE(contains(mounts, own));
  mounts.replace(mounts.find(own), own.size(), "0:31 /docker/foreign ");
  const auto caps = detect<fake_kernel>({.try_features = false});
  REQUIRE(caps);
  CHECK_FALSE(judge(*caps, {"--committed", "1MiB"})["control groups"].has_value());
  CHECK(judge(*caps, {"--committed", "1MiB"}).status == 3);
}

TEST_CASE("a need whose amounts overflow is not met", "[doctor]") {
  const platform_capabilities caps = machine(machines::workstation);
  const std::string most = std::to_string(UINT64_MAX - 1);
  CHECK(judge(caps, {"--memories", most, "--reservation", "8GiB", "--committed", "1GiB"}).status == 1);
}

TEST_CASE("a size is read with units of powers of 1024 only", "[doctor]") {
  CHECK(doctor::size_in("4096") == 4096U);
  CHECK(doctor::size_in("64K") == 64 * kib);
  CHECK(doctor::size_in("64KiB") == 64 * kib);
  CHECK(doctor::size_in("8GiB") == 8 * gib);
  CHECK(doctor::size_in("3T") == 3072 * gib);
  for (const char* const text :
       {"", "0", "GiB", "8GB", "8g", "-1", "8 GiB", "8GiBs", "99999999999999999999", "16777216T"}) {
    CAPTURE(text);
    CHECK_FALSE(doctor::size_in(text));
  }
}

TEST_CASE("an invalid option is refused with a sentence", "[doctor]") {
  const std::vector<std::vector<std::string>> bad{{"--memory", "1"},
                                                  {"--memories"},
                                                  {"--memories", "many"},
                                                  {"--memories", "0"},
                                                  {"--reservation", "8GB"},
                                                  {"--feature", "magic"},
                                                  {"--locked"},
                                                  {"--pool", "2MiB"},
                                                  {"--committed", "2MiB", "--pool", "3"},
                                                  {"--committed", "2MiB", "--pool", "4KiB"},
                                                  {"--committed", "2MiB", "--pool", "3MiB"},
                                                  {"--committed", "2MiB", "--pool", "128GiB"},
                                                  {"--reservation", "1MiB", "--committed", "2MiB"},
                                                  {"extra"}};
  for (const auto& arguments : bad) {
    CAPTURE(arguments);
    std::string wrong;
    CHECK_FALSE(doctor::read_options(arguments, wrong));
    CHECK_FALSE(wrong.empty());
  }
  std::string wrong;
  const auto good = doctor::read_options({"--json", "--sources", "--memories", "2"}, wrong);
  REQUIRE(good);
  CHECK((good->as_json && good->with_sources && good->need.memories == 2U && wrong.empty()));
}

TEST_CASE("text output fits 120 columns and has colours only where requested", "[doctor]") {
  const platform_capabilities caps = machine(machines::four_nodes);
  const doctor::report r{caps, doctor::findings_in(caps),
                         judge(caps, {"--memories", "9", "--committed", "8GiB"}).demands};
  std::ostringstream plain, coloured;
  doctor::print_for_people(plain, r, doctor::colours::none, false);
  doctor::print_for_people(coloured, r, doctor::colours::ansi, false);
  CHECK_FALSE(contains(plain.str(), "\33"));
  CHECK(contains(coloured.str(), "\33[31;1m"));
  CHECK(contains(plain.str(), "this machine cannot meet it"));
  CHECK(plain.str().find("What stands in the way") < plain.str().find("What is worth knowing"));
  std::istringstream lines(plain.str());
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(line.size() <= 120);
    CHECK_FALSE(line.ends_with(' '));
  }
}

}  // namespace
}  // namespace quire::test
