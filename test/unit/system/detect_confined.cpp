// SPDX-License-Identifier: BSL-1.0
// Detection by confined processes: under a call filter, without files, without privileges.
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <grp.h>
#include <source_location>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include <quire/detect.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/filtered_calls.hpp"
#include "support/process/limited_group.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

using enum memory_feature;

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

TEST_CASE("detect reports NUMA features as refused under a filter that forbids their calls", "[detect]") {
  if (const char* const why = no_numa_calls()) return skip(why);
  const auto free = detect();
  REQUIRE(free);
  test_environment::run_isolated("filtered", [&free] {
    if (!refuse_calls({SYS_mbind, SYS_get_mempolicy, SYS_move_pages}))
      return report_skip("calls cannot be filtered here");
    const auto caps = detect();
    expect(caps.has_value(), "detection works");
    expect(caps->system.filter == call_filter::program, "the filter is seen");
    const feature_facts& features = caps->features;
    for (const feature& refused : {features[placement], features[weighted_interleave], features[page_location]})
      expect(refused.usable == false && refused.refusal == EPERM, "what is refused is known to be");
    expect(caps->memory.nodes_allowed == free->memory.nodes_allowed.value(), "the nodes are read from a file instead");
    expect(features[guard_markers].usable.value() == free->features[guard_markers].usable.value(),
           "the rest is as before");
  });
}

TEST_CASE("detect reports limits as unknown under a filter that forbids reading them", "[detect]") {
  test_environment::run_isolated("filtered", [] {
    // Linux has an older call that only reads limits and, since 2.6.36, one that reads and sets them; the C library
    // uses the latter.
    if (!refuse_calls({SYS_prlimit64, SYS_mincore, SYS_mlock})) return report_skip("calls cannot be filtered here");
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) == 0) return report_skip("this C library reads limits by another call");
    const auto caps = detect();
    expect(caps.has_value(), "detection works");
    expect(!caps->limits.address_space.limit.known() && !caps->limits.data.limit.known(), "limits are unknown");
    expect(!caps->huge_pages.first_touch_bytes.known(), "so is what came with a touch");
    expect(caps->features[locking].usable == false, "locking is refused");
  });
}

TEST_CASE("detect without /proc and /sys knows only what it can probe", "[detect]") {
  if (::geteuid() != 0) return skip("only root can hide /proc and /sys");
  const auto visible = detect();
  REQUIRE(visible);
  test_environment::run_isolated("hidden", [&visible] {
    if (::chdir("/proc/self/fd") != 0 || ::chroot("/proc/self/fdinfo") != 0) return report_skip("chroot is refused");
    const auto caps = detect({.count_mappings = true, .try_huge_pages = true});
    expect(caps.has_value(), "detection works");
    expect(!caps->memory.total.known() && !caps->memory.numa_nodes.known(), "memory is unknown");
    expect(!caps->groups.layout.known() && !caps->groups.smallest.known(), "control groups are unknown");
    expect(!caps->limits.mappings.limit.known() && !caps->limits.overcommit.known(), "settings are unknown");
    expect(!caps->features[pagemap].usable.known() && !caps->features[dirty_scan].usable.known(), "pages are hidden");
    expect(caps->memory.address_bits == visible->memory.address_bits.value(), "addresses are known");
    const auto same = [](const feature& a, const feature& b) { return a.usable.optional() == b.usable.optional(); };
    expect(same(caps->features[guard_markers], visible->features[guard_markers]), "guard markers are known");
    expect(same(caps->features[populate], visible->features[populate]), "populating is known");
  });
}

/// A control group, removed by the destructor once its last process has gone.
struct inner_group {
  std::string path;
  bool made;

  explicit inner_group(std::string folder) : path(std::move(folder)), made(::mkdir(path.c_str(), 0755) == 0) {}
  inner_group(const inner_group&) = delete;
  inner_group& operator=(const inner_group&) = delete;
  ~inner_group() {
    for (int tries = 0; made && tries < 200 && ::rmdir(path.c_str()) != 0 && errno == EBUSY; ++tries) ::usleep(10'000);
  }
};

TEST_CASE("detect finds the limit of a group whatever its name", "[detect][groups]") {
  constexpr std::size_t limit = std::size_t{64} << 20;
  const limited_group around(limit, killer::on);
  if (around.missing() != nullptr) return skip(around.missing());
  const std::string long_name(255, 'n');
  for (const std::string& name :
       {std::string("..two dots"), std::string("..."), std::string("back\\slash\tand more"), "a/" + long_name}) {
    const inner_group outer(around.path() + '/' + name.substr(0, name.find('/')));
    const inner_group inner(name.find('/') == std::string::npos ? outer.path + "/in" : around.path() + '/' + name);
    REQUIRE((outer.made && inner.made));
    test_environment::run_isolated("in a group", [&] {
      std::ofstream members{inner.path + "/cgroup.procs"};
      members << ::getpid() << std::flush;
      expect(members.good(), "a process may enter");
      const auto caps = detect();
      const bool fits = inner.path.size() < 440;  // a path that does not fit yields no claim
      expect(caps->groups.smallest.known() || !fits, "the limit is found");
      if (!caps->groups.smallest.known()) return;
      expect(caps->groups.smallest.value().limit <= limit, "and it is no larger than it is");
      expect(caps->groups.tightest.known() && *caps->groups.tightest.value().room() <= limit, "nor is the room");
    });
  }
}

TEST_CASE("detect works without privileges and reports RLIMIT_MEMLOCK", "[detect]") {
  if (::geteuid() != 0) return skip("this is without rights anyway");
  test_environment::run_isolated("nobody", [] {
    constexpr rlimit one_mebibyte{1U << 20, 1U << 20};
    constexpr uid_t nobody = 65534;
    expect(::setrlimit(RLIMIT_MEMLOCK, &one_mebibyte) == 0, "a limit can be lowered");
    if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0)
      return report_skip("this root may not change its user");
    const auto caps = detect();
    expect(caps.has_value(), "detection works");
    expect(caps->limits.locked.limit == std::uint64_t{1} << 20, "the limit on locking is known");
    expect(caps->memory.total.known() && caps->memory.page_bytes.known(), "memory is known");
    // A process that changed its user may not read its own page map.
    expect(!(caps->features[pagemap].usable == true), "the pagemap is not readable");
  });
}

}  // namespace
}  // namespace quire::test
