// SPDX-License-Identifier: BSL-1.0
// The Linux store's reading of the kernel's texts and answers in every form.
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <quire/backing/linux_mmap.hpp>
#include <quire/ostream.hpp>
#include <quire/platform/posix.hpp>
#include <quire/store.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

using store = backing::linux_mmap<fake_kernel>;

static_assert(observing_store<store>);
static_assert(!observing_store<backing::posix_mmap<>>);
static_assert(!observing_store<in_buffer<4096>>);
struct observes_something_else : store {
  static int observe(page_run, page_run, observation&) noexcept { return 0; }
};
static_assert(!observing_store<observes_something_else>);

constexpr std::uintptr_t whole_begin = 0x7f0000000000, base = whole_begin + 0x10000, end = base + 0x40000;
constexpr std::uintptr_t whole_end = end + 0x100000;

page_run run(std::uintptr_t from, std::uintptr_t to) { return {reinterpret_cast<std::byte*>(from), to - from}; }
observation observe(page_run accessible = run(base, end), page_run whole = run(whole_begin, whole_end)) {
  observation seen;
  store{}.observe(accessible, whole, seen);
  return seen;
}

std::string heading(std::uintptr_t from, std::uintptr_t to, const char* access, const char* path = "") {
  std::ostringstream line;
  line << std::hex << from << '-' << to << ' ' << access << " 00000000 00:00 0 ";
  if (*path != '\0') line << "                         " << path;
  line << '\n';
  return line.str();
}
std::string details(std::size_t resident, std::size_t huge = 0, const char* flags = "rd wr mr mw me ac") {
  std::ostringstream lines;
  lines << "Size:                256 kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\nRss:            "
        << resident << " kB\nPss:                   0 kB\nAnonHugePages:  " << huge
        << " kB\nShared_Hugetlb:        0 kB\nPrivate_Hugetlb:       0 kB\nTHPeligible:           0\nVmFlags: " << flags
        << " \n";
  return lines.str();
}
std::string closed(std::uintptr_t from, std::uintptr_t to) { return heading(from, to, "---p") + details(0); }
const std::string program = heading(0x55d000000000, 0x55d000020000, "r-xp", "/usr/bin/some program") + details(64);
const std::string stack = heading(0x7ffd00000000, 0x7ffd00021000, "rw-p", "[stack]") + details(12);
const std::string below = closed(whole_begin, base), above = closed(end, whole_end);

std::string around(const std::string& pages) { return program + below + pages + above + stack; }

TEST_CASE("every field of smaps is observed whatever the size of a read", "[observation]") {
  const pretence p;
  p.file("/proc/self/smaps") =
      around(heading(base, end, "rw-p", "[anon:quire]") + details(192, 128, "rd wr mr mw me lo dc dd hg ac"));
  p.kernel().policy = fake_kernel::numa_bind;
  p.kernel().policy_nodes = {0, 2};
  p.kernel().node_of_page = 2;
  for (const unsigned a_read : {1U, 2U, 3U, 7U, 64U, 1024U, 1U << 20}) {
    p.kernel().a_read = a_read;
    const observation seen = observe();
    CHECK(seen.resident_bytes == 192 * 1024);
    CHECK(seen.page_bytes == 4096);
    CHECK(seen.huge_bytes == 128 * 1024);
    CHECK(seen.pool_bytes == 0);
    CHECK(seen.huge_advice == huge_request::when_possible);
    CHECK(seen.huge_eligible == false);
    CHECK(seen.placement == observed_placement{numa_mode::bind, {0, 2}});
    CHECK(seen.nodes == node_set{2});
    CHECK(seen.locked == true);
    CHECK(seen.excluded_from_dumps == true);
    CHECK(seen.not_inherited == true);
    CHECK(seen.name == mapping_label("quire"));
    CHECK(seen.inaccessible_before == 0x10000);
    CHECK(seen.inaccessible_after == 0x100000);
  }
  CHECK(p.kernel().closed == p.kernel().open.size());
}

TEST_CASE("several mappings are added up and a field is unknown where they differ", "[observation]") {
  const pretence p;
  const std::uintptr_t middle = base + 0x10000;
  p.file("/proc/self/smaps") = around(heading(base, middle, "r--p", "[anon:a]") + details(64, 0, "rd lo dd hg") +
                                      heading(middle, end, "rw-p", "[anon:b]") + details(100, 0, "rd wr lo nh"));
  const observation seen = observe();
  CHECK(seen.resident_bytes == 164 * 1024);
  CHECK(seen.page_bytes == 4096);
  CHECK(seen.locked == true);
  CHECK(seen.excluded_from_dumps == false);
  CHECK(seen.not_inherited == false);
  CHECK_FALSE(seen.huge_advice);
  CHECK_FALSE(seen.name);
}

TEST_CASE("residency of a mapping that extends beyond the memory is known only for none and all", "[observation]") {
  const pretence p;
  const auto joined_with_neighbour = [&](std::size_t resident) {
    p.file("/proc/self/smaps") =
        program + below + heading(base, whole_end + 0x10000, "rw-p") + details(resident) + stack;
    return observe(run(base, end), run(whole_begin, end));
  };
  const std::size_t all = (whole_end + 0x10000 - base) / 1024;
  CHECK(joined_with_neighbour(0).resident_bytes == 0);
  CHECK(joined_with_neighbour(all).resident_bytes == end - base);
  const observation some = joined_with_neighbour(all - 4);
  CHECK_FALSE(some.resident_bytes);
  CHECK(some.page_bytes == 4096);
  CHECK(some.locked == false);
  CHECK(some.inaccessible_after == 0);
}

TEST_CASE("huge_eligible is unknown where only a mapping that extends beyond the memory has it", "[observation]") {
  const pretence p;
  const auto eligible = [&](std::uintptr_t until, char told) {
    std::string text = details(0, 0, "hg");
    text[text.find("THPeligible:") + 23] = told;
    p.file("/proc/self/smaps") = program + below + heading(base, until, "rw-p") + text + stack;
    return observe(run(base, end), run(whole_begin, end)).huge_eligible;
  };
  CHECK(eligible(end, '1') == true);
  CHECK(eligible(end, '0') == false);
  CHECK_FALSE(eligible(whole_end, '1').has_value());  // perhaps only the neighbour in the merged mapping is eligible
  CHECK(eligible(whole_end, '0') == false);
}

TEST_CASE("pages of a pool count as resident and as pool bytes", "[observation]") {
  const pretence p;
  p.file("/proc/self/smaps") = around(heading(base, end, "rw-p", "/anon_hugepage (deleted)") +
                                      "KernelPageSize:     2048 kB\nRss:     0 kB\nAnonHugePages:  0 kB\n"
                                      "Shared_Hugetlb:     0 kB\nPrivate_Hugetlb:    256 kB\nVmFlags: rd wr ht\n");
  const observation seen = observe();
  CHECK(seen.page_bytes == std::size_t{2} << 20);
  CHECK(seen.resident_bytes == 256 * 1024);
  CHECK(seen.pool_bytes == 256 * 1024);
  CHECK(seen.huge_bytes == 0);
  CHECK(seen.huge_advice == huge_request::from_pool);
  CHECK(seen.name == mapping_label());
}

/// The observation of a memory whose one mapping has these details.
observation observe_with(const std::string& text) {
  pretence::file("/proc/self/smaps") = around(heading(base, end, "rw-p") + text);
  return observe();
}

TEST_CASE("a field that the kernel does not report is unknown and the others are known", "[observation]") {
  const pretence p;
  const auto without = [](const std::string& key) {
    std::string text = details(64);
    const std::size_t at = text.find("\n" + key) + 1;
    REQUIRE(at != 0);
    return observe_with(text.erase(at, text.find('\n', at) + 1 - at));
  };
  const observation full = observe_with(details(64));
  observation expected = full;
  expected.resident_bytes.reset();
  CHECK(without("Rss:") == expected);
  expected.pool_bytes.reset();
  CHECK(without("Private_Hugetlb:") == expected);
  expected = full;
  expected.huge_bytes.reset();
  CHECK(without("AnonHugePages:") == expected);
  expected = full;
  expected.page_bytes.reset();
  CHECK(without("KernelPageSize:") == expected);
  expected = full;
  expected.huge_eligible.reset();
  CHECK(without("THPeligible:") == expected);
  expected = full;
  expected.locked.reset();
  expected.excluded_from_dumps.reset();
  expected.not_inherited.reset();
  expected.huge_advice.reset();
  CHECK(without("VmFlags:") == expected);
}

TEST_CASE("a malformed or overflowing number is unknown", "[observation]") {
  const pretence p;
  for (const char* const value :
       {"", "kB", "-4 kB", "0x40 kB", "64 MB", "64 kB and more", "99999999999999999999 kB", "18014398509481984 kB"}) {
    INFO(value);
    CHECK_FALSE(
        observe_with(std::string("Rss: ") + value + "\nShared_Hugetlb: 0 kB\nPrivate_Hugetlb: 0 kB\n").resident_bytes);
  }
  CHECK(observe_with("Rss: 64 kB\nShared_Hugetlb: 0 kB\nPrivate_Hugetlb: 0 kB\n").resident_bytes == 65536);
}

TEST_CASE("without smaps the guards and the name are read from maps", "[observation]") {
  const pretence p;
  p.file("/proc/self/maps") = heading(whole_begin, base, "---p") + heading(base, end, "rw-p", "[anon:quire]") +
                              heading(end, whole_end, "---p") +
                              heading(0x7ffd00000000, 0x7ffd00021000, "rw-p", "[stack]");
  const observation seen = observe();
  CHECK(seen.name == mapping_label("quire"));
  CHECK(seen.inaccessible_before == 0x10000);
  CHECK(seen.inaccessible_after == 0x100000);
  CHECK(seen.placement == observed_placement{numa_mode::anywhere, {}});
  CHECK_FALSE(seen.resident_bytes);
  CHECK_FALSE(seen.locked);
}

TEST_CASE("an observation is all unknown where smaps is missing or incomplete", "[observation]") {
  const pretence p;
  SECTION("no /proc") {}
  SECTION("empty files") { p.file("/proc/self/smaps") = p.file("/proc/self/maps") = ""; }
  SECTION("a file that fails halfway") {
    p.file("/proc/self/smaps") = around(heading(base, end, "rw-p") + details(64));
    p.kernel().readable = p.file("/proc/self/smaps").size() / 2;
  }
  SECTION("a file that ends before the memory does") {
    p.file("/proc/self/smaps") = program + below + heading(base, end, "rw-p") + details(64);
  }
  CHECK(observe() == observation{});
  CHECK(p.kernel().closed == p.kernel().open.size());
}

TEST_CASE("details of the last mapping before a read failure do not count", "[observation]") {
  const pretence p;
  const std::string text = program + heading(base, end, "rw-p") + details(64);
  p.file("/proc/self/smaps") = text;
  CHECK(observe(run(base, end), run(base, end)).resident_bytes == 65536);
  p.kernel().readable = text.rfind("Pss:");
  CHECK(observe(run(base, end), run(base, end)) == observation{});
}

TEST_CASE("each flag sets exactly one attribute", "[observation]") {
  const pretence p;
  const auto told = [](const char* flag) {
    const observation o = observe_with(details(0, 0, flag));
    return std::vector{*o.locked, *o.excluded_from_dumps, *o.not_inherited};
  };
  CHECK(told("lo") == std::vector{true, false, false});
  CHECK(told("dd") == std::vector{false, true, false});
  CHECK(told("dc") == std::vector{false, false, true});
  CHECK(told("rd wr lod ddc") == std::vector{false, false, false});
  CHECK(observe_with(details(0, 0, "nh")).huge_advice == huge_request::never);
  CHECK(observe_with(details(0, 0, "hg")).huge_advice == huge_request::when_possible);
  CHECK(observe_with(details(0, 0, "rd")).huge_advice == huge_request::as_system);
}

TEST_CASE("the tail of an overlong line is not read as a line of its own", "[observation]") {
  const pretence p;
  for (std::size_t length = 1000; length <= 1050; ++length) {
    for (const std::size_t pieces : {1U, 2U, 3U})
      CHECK(observe_with(details(64) + std::string(pieces * length, 'x') + "Rss: 4 kB\n").resident_bytes == 65536);
  }
}

TEST_CASE("unknown lines of any length and content are ignored", "[observation]") {
  const pretence p;
  const std::string text = around(heading(base, end, "rw-p", "[anon:quire]") + details(192));
  p.file("/proc/self/smaps") = text;
  const observation expected = observe();
  REQUIRE(expected.resident_bytes == 192 * 1024);

  std::string disturbed;
  std::istringstream lines(text);
  std::size_t length = 0;
  for (std::string line; std::getline(lines, line); disturbed += line + '\n')
    disturbed += "Unheard-Of: " + std::string(length += 211, 'f') + "\n\n: kB\nRss\nVmFlagged: lo\n" +
                 std::string(3, '\0') + '\n';
  p.file("/proc/self/smaps") = disturbed;
  for (const unsigned a_read : {1U, 1000U, 1023U, 1024U, 1025U, 4096U}) {
    p.kernel().a_read = a_read;
    CHECK(observe() == expected);
  }
}

TEST_CASE("random text yields no residency and no crash", "[observation]") {
  const pretence p;
  std::uint32_t random = 1;
  const auto next = [&random] { return random = random * 1664525 + 1013904223; };
  constexpr char some[] = "0123456789abcdef-: \n\nRskBpVmFlags\xff\t";
  const std::string alphabet(some, sizeof some);  // includes the terminating zero
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (std::size_t i = 0; i < 3000; ++i) text += alphabet[(next() >> 16) % alphabet.size()];
    p.file("/proc/self/smaps") = text;
    p.kernel().a_read = 1 + next() % 100;
    CHECK_FALSE(observe().resident_bytes);
  }
}

TEST_CASE("a hole in the memory makes its pages unknown and bounds its guards", "[observation]") {
  const pretence p;
  p.file("/proc/self/smaps") = program + closed(whole_begin, whole_begin + 0x4000) +
                               closed(whole_begin + 0x8000, base) + heading(base, end - 0x1000, "rw-p") + details(64) +
                               closed(end, end + 0x2000) + closed(end + 0x3000, whole_end) + stack;
  const observation seen = observe();
  CHECK_FALSE(seen.resident_bytes);
  CHECK_FALSE(seen.locked);
  CHECK(seen.inaccessible_before == 0x8000);
  CHECK(seen.inaccessible_after == 0x2000);
}

TEST_CASE("accessible pages around a memory do not count as guard", "[observation]") {
  const pretence p;
  p.file("/proc/self/smaps") = program + closed(whole_begin, base - 0x1000) + heading(base - 0x1000, base, "r--p") +
                               details(0) + heading(base, end, "rw-p") + details(64) + heading(end, whole_end, "--xp") +
                               details(0) + stack;
  const observation seen = observe();
  CHECK(seen.inaccessible_before == 0);
  CHECK(seen.inaccessible_after == 0);
}

TEST_CASE("an empty memory has guards and its nodes are not queried", "[observation]") {
  const pretence p;
  p.file("/proc/self/smaps") = program + closed(whole_begin, whole_end) + stack;
  const observation seen = observe(run(base, base));
  CHECK(seen.inaccessible_before == 0x10000);
  CHECK(seen.inaccessible_after == whole_end - base);
  CHECK_FALSE(seen.resident_bytes);
  CHECK_FALSE(seen.nodes);
  CHECK(p.kernel().queried.empty());
}

TEST_CASE("each memory policy of the kernel maps to the placement of Quire or is unknown", "[observation]") {
  const pretence p;
  const auto placement = [](int policy, const node_set& nodes) {
    pretence::kernel().policy = policy;
    pretence::kernel().policy_nodes = nodes;
    return observe_with(details(0)).placement;
  };
  using k = fake_kernel;
  CHECK(placement(k::numa_default, {}) == observed_placement{numa_mode::anywhere, {}});
  CHECK(placement(k::numa_local, {}) == observed_placement{numa_mode::local, {}});
  CHECK(placement(k::numa_prefer, {}) == observed_placement{numa_mode::local, {}});
  CHECK(placement(k::numa_prefer, {3}) == observed_placement{numa_mode::prefer, {3}});
  CHECK(placement(k::numa_interleave, {0, 1}) == observed_placement{numa_mode::interleave, {0, 1}});
  CHECK(placement(k::numa_weighted_interleave, {1}) == observed_placement{numa_mode::weighted_interleave, {1}});
  constexpr int static_nodes = 1 << 15, preferred_many = 5;
  CHECK_FALSE(placement(k::numa_bind | static_nodes, {0}));
  CHECK_FALSE(placement(preferred_many, {0}));
  p.kernel().policy_error = k::forbidden;
  CHECK_FALSE(placement(k::numa_bind, {0}));
}

TEST_CASE("nodes are queried for at most 512 pages spread over the memory", "[observation]") {
  const pretence p;
  const std::uintptr_t page = store::page_bytes();
  const auto ask = [&](std::size_t pages) {
    p.kernel().queried.clear();
    (void)observe(run(base, base + pages * page));
    std::set<std::uintptr_t> asked;
    for (void* const each : p.kernel().queried) asked.insert(reinterpret_cast<std::uintptr_t>(each));
    CHECK(asked.size() == p.kernel().queried.size());
    CHECK(*asked.begin() == base);
    for (const std::uintptr_t each : asked) CHECK((each - base) % page == 0);
    CHECK(*asked.rbegin() < base + pages * page);
    CHECK(*asked.rbegin() >= base + (pages - (pages + 511) / 512) * page);
    return asked.size();
  };
  CHECK(ask(1) == 1);
  CHECK(ask(64) == 64);
  CHECK(ask(511) == 511);
  CHECK(ask(1000) == 512);
  CHECK(ask(std::size_t{1} << 20) == 512);
  CHECK(ask(std::size_t{1} << 34) == 512);
}

TEST_CASE("nodes are unknown where pages are absent or the query fails", "[observation]") {
  const pretence p;
  CHECK_FALSE(observe().nodes);
  p.kernel().node_of_page = 0;
  CHECK(observe().nodes == node_set{0});
  p.kernel().query_error = fake_kernel::no_call;
  CHECK_FALSE(observe().nodes);
}

}  // namespace
}  // namespace quire::test
