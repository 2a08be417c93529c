// SPDX-License-Identifier: BSL-1.0
// Detected values of this machine, compared with independent tools.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>

#include <quire/detect.hpp>
#include <quire/ostream.hpp>

#include "support/catch/catch.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

/// The output of a command; empty if the command is missing or fails.
std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(("LC_ALL=C " + command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) != 0;) text.append(part.data(), n);
  return ::pclose(pipe) == 0 ? text : std::string();
}

/// The first number after a text.
std::optional<std::uint64_t> number_behind(const std::string& text, const std::string& what) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t digit = text.find_first_of("0123456789", at + what.size());
  return digit == std::string::npos ? std::nullopt : std::optional(std::stoull(text.substr(digit)));
}

platform_capabilities of_this_machine() {
  const auto caps = detect({.count_mappings = true});
  REQUIRE(caps);
  return *caps;
}

TEST_CASE("the detected page size agrees with getconf", "[detect][tools]") {
  const std::string page = output_of("getconf PAGESIZE");
  if (page.empty()) return skip("getconf is not installed");
  CHECK(of_this_machine().memory.page_bytes == std::stoull(page));
}

TEST_CASE("detected nodes and address bits agree with lscpu", "[detect][tools]") {
  const std::string told = output_of("lscpu");
  if (told.empty()) return skip("lscpu is not installed");
  const platform_capabilities caps = of_this_machine();
  if (const auto nodes = number_behind(told, "NUMA node(s):")) CHECK(caps.memory.numa_nodes.value() == *nodes);
  if (!caps.nodes.known()) return;
  for (const numa_node& node : caps.nodes.value()) {
    const std::string label = "NUMA node" + std::to_string(node.id) + " CPU(s):";
    if (told.find(label) == std::string::npos) continue;
    const std::string line = told.substr(told.find(label) + label.size());
    const bool has_some = line.substr(0, line.find('\n')).find_first_of("0123456789") != std::string::npos;
    CHECK(node.has_processors == has_some);
  }
  // Half of the addresses belong to the kernel; lscpu reports the number of bits on x86 only.
  if (const auto bits = number_behind(told, "bits physical,")) {
    CHECK(caps.memory.address_bits.value() <= *bits - 1);
    CHECK(caps.memory.address_bits.value() >= std::min<std::uint64_t>(*bits - 1, 47));
  }
}

TEST_CASE("detected nodes and their sizes and distances agree with numactl", "[detect][tools]") {
  const std::string told = output_of("numactl -H");
  if (told.empty()) return skip("numactl is not installed, or this kernel has no NUMA");
  const platform_capabilities caps = of_this_machine();
  REQUIRE(caps.nodes.known());
  CHECK(std::optional<std::uint64_t>(caps.memory.numa_nodes.value()) == number_behind(told, "available:"));
  std::istringstream table(told.substr(told.find("node distances:")));
  std::string line;
  std::getline(table, line);
  std::getline(table, line);  // the header of the table
  for (const numa_node& node : caps.nodes.value()) {
    const std::string label = "node " + std::to_string(node.id);
    const auto megabytes = number_behind(told, label + " size:");
    REQUIRE((megabytes && node.bytes));
    CHECK(*node.bytes >> 20 == *megabytes);
    std::getline(table, line);
    std::istringstream row(line.substr(line.find(':') + 1));
    for (const unsigned distance : node.distances) {
      unsigned expected = 0;
      CHECK((row >> expected && expected == distance));
    }
  }
}

TEST_CASE("detected memory and swap agree with free", "[detect][tools]") {
  const std::string told = output_of("free -b");
  if (told.empty()) return skip("free is not installed");
  const platform_capabilities caps = of_this_machine();
  CHECK(caps.memory.total == number_behind(told, "Mem:"));
  CHECK(caps.memory.swap_total == number_behind(told, "Swap:"));
  CHECK(caps.memory.available > 0U);
  CHECK(caps.memory.available < caps.memory.total.value());
}

TEST_CASE("detected limits agree with getrlimit", "[detect]") {
  const platform_capabilities caps = of_this_machine();
  const auto agrees = [](const reading<std::uint64_t>& detected, auto resource) {
    rlimit limit{};
    REQUIRE(::getrlimit(resource, &limit) == 0);
    CHECK(detected == (limit.rlim_cur == RLIM_INFINITY ? no_limit : std::uint64_t{limit.rlim_cur}));
  };
  agrees(caps.limits.address_space.limit, RLIMIT_AS);
  agrees(caps.limits.data.limit, RLIMIT_DATA);
  if (caps.limits.locked.limit != no_limit) agrees(caps.limits.locked.limit, RLIMIT_MEMLOCK);
}

TEST_CASE("the detected number of mappings agrees with an independent count", "[detect]") {
  std::ifstream maps("/proc/self/maps");
  std::uint64_t lines = 0;
  for (std::string line; std::getline(maps, line);)
    if (line.find("[vsyscall]") == std::string::npos) ++lines;
  if (lines == 0) return skip("there is no /proc/self/maps");
  const auto used = of_this_machine().limits.mappings.used;
  REQUIRE(used.known());
  // Reading the file may itself map a buffer or two.
  CHECK(used.value() + 3 >= lines);
  CHECK(used.value() <= lines + 3);
}

TEST_CASE("mmap returns no address with more bits than detected", "[detect]") {
  const platform_capabilities caps = of_this_machine();
  const std::size_t page = calls::linux_kernel::page_bytes();
  REQUIRE(caps.memory.address_bits.known());
  CHECK(caps.memory.default_address_bits <= caps.memory.address_bits.value());
  const unsigned bits = caps.memory.address_bits.value();
  if (bits >= 8 * sizeof(void*)) return;
  void* const beyond = reinterpret_cast<void*>(std::uintptr_t{1} << bits);
  void* const got = ::mmap(beyond, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(got != MAP_FAILED);
  CHECK(got < beyond);
  ::munmap(got, page);
}

TEST_CASE("detected pools agree with the folders of sysfs", "[detect][tools]") {
  const std::string told = output_of("ls /sys/kernel/mm/hugepages");
  if (told.empty()) return skip("there is no /sys/kernel/mm/hugepages");
  const platform_capabilities caps = of_this_machine();
  REQUIRE(caps.huge_pages.pools.known());
  std::istringstream names(told);
  std::size_t count = 0;
  for (std::string name; names >> name; ++count) {
    const std::uint64_t bytes = *number_behind(name, "hugepages-") << 10;
    bool found = false;
    for (const huge_pool& pool : caps.huge_pages.pools.value()) found = found || pool.page_bytes == bytes;
    CAPTURE(name);
    CHECK(found);
  }
  CHECK(caps.huge_pages.pools.value().size() == count);
}

TEST_CASE("detect reports the time that it took", "[detect]") {
  const auto before = std::chrono::steady_clock::now();
  const auto caps = detect();
  const auto took = std::chrono::steady_clock::now() - before;
  REQUIRE(caps);
  CHECK(caps->took_nanoseconds > 0);
  CHECK(std::chrono::nanoseconds(caps->took_nanoseconds) <= took);
}

}  // namespace
}  // namespace quire::test
