// SPDX-License-Identifier: BSL-1.0
#include "machine.hpp"

#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>

#include "clock.hpp"
#include "settings.hpp"
#include "text_file.hpp"

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* huge_folder = "/sys/kernel/mm/transparent_hugepage";

std::string in_mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

std::uint64_t from_meminfo(const std::string& key) { return std::stoull(value_of("/proc/meminfo", key, "0")) << 10; }

std::string processor() {
  std::string name = value_of("/proc/cpuinfo", "model name", "unknown model");
  if (const std::string core = value_of("/proc/cpuinfo", "cpu family"); !core.empty())
    name += ", family " + core + " model " + value_of("/proc/cpuinfo", "model\t");
  const bool is_guest = value_of("/proc/cpuinfo", "flags").find(" hypervisor") != std::string::npos;
  return name + (is_guest ? ", in a virtual machine" : "");
}

std::string cores() {
  cpu_set_t allowed;
  const int usable = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
  return std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + " online, " + std::to_string(usable) + " usable";
}

std::string kernel() {
  utsname u{};
  return uname(&u) == 0 ? std::string(u.sysname) + " " + u.release + " " + u.machine : "unknown";
}

std::string transparent_huge_pages() {
  const std::string mode = first_line(std::string(huge_folder) + "/enabled");
  if (mode.empty()) return "not in this kernel";
  return "enabled " + chosen_in(mode) + ", defrag " + chosen_in(first_line(std::string(huge_folder) + "/defrag"));
}

std::string folios_of_64_kib() {
  return chosen_in(first_line(std::string(huge_folder) + "/hugepages-64kB/enabled", "not in this kernel"));
}

std::string pools() {
  std::string text;
  std::error_code ignored;
  for (const auto& pool : fs::directory_iterator("/sys/kernel/mm/hugepages", ignored)) {
    const std::string name = pool.path().filename();
    text += (text.empty() ? "" : ", ") + name.substr(name.find('-') + 1) + ": " +
            first_line(pool.path() / "free_hugepages", "?") + " free of " +
            first_line(pool.path() / "nr_hugepages", "?");
  }
  return text.empty() ? "none" : text;
}

std::string overcommit() {
  const std::string mode = first_line("/proc/sys/vm/overcommit_memory", "unknown");
  return mode + (mode == "0" ? " (heuristic)" : mode == "1" ? " (always)" : mode == "2" ? " (never)" : "");
}

/// Returns the smallest limit of the folders from that of this process upwards. Without a limit, cgroup v2 has "max",
/// and v1 a number larger than any machine's memory.
std::uint64_t smallest_limit(fs::path folder, const fs::path& top, const char* file) {
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (;; folder = folder.parent_path()) {
    if (const std::string line = first_line(folder / file); !line.empty() && line != "max")
      smallest = std::min<std::uint64_t>(smallest, std::stoull(line));
    if (folder == top || !folder.has_relative_path()) return smallest;
  }
}

std::uint64_t cgroup_limit() {
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controller = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    const fs::path top = controller.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    if (controller.empty()) limit = std::min(limit, smallest_limit(top.string() + path, top, "memory.max"));
    if (controller == "memory")
      limit = std::min(limit, smallest_limit(top.string() + path, top, "memory.limit_in_bytes"));
  }
  return limit;
}

std::string cgroup() {
  const std::uint64_t limit = cgroup_limit();
  return limit > from_meminfo("MemTotal") ? "none" : in_mib(limit);
}

/// Names each node, as a bare number would read like a count.
std::string nodes() {
  const std::string list = first_line("/sys/devices/system/node/online");
  if (list.empty()) return "unknown";
  const bool is_one = list.find_first_of(",-") == std::string::npos;
  return (is_one ? "node " : "nodes ") + list + " online";
}

std::string clock() {
  char text[96];
  (void)std::snprintf(text, sizeof text, "%s, %.1f ns to read, taken off", clock_name,
                      static_cast<double>(this_clock().overhead) * this_clock().nanoseconds_per_tick);
  return text;
}

}  // namespace

std::vector<fact> machine_facts() {
  return {{"processor", processor()},
          {"cores", cores()},
          {"memory", in_mib(from_meminfo("MemTotal")) + ", " + in_mib(from_meminfo("MemAvailable")) + " available"},
          {"kernel", kernel()},
          {"page size", std::to_string(sysconf(_SC_PAGESIZE)) + " bytes"},
          {"transparent huge pages", transparent_huge_pages()},
          {"64 KiB folios", folios_of_64_kib()},
          {"huge page pools", pools()},
          {"NUMA nodes", nodes()},
          {"overcommit", overcommit()},
          {"cgroup memory limit", cgroup()},
          {"compiler", settings::compiler},
          {"flags", settings::flags},
          {"C library", std::string("glibc ") + gnu_get_libc_version()},
          {"clock", clock()}};
}

std::size_t available_bytes() {
  return static_cast<std::size_t>(std::min(from_meminfo("MemAvailable"), cgroup_limit()));
}

int pin_to_one_cpu() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  std::size_t cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, &allowed)) --cpu;
  CPU_ZERO(&allowed);
  CPU_SET(cpu, &allowed);
  return sched_setaffinity(0, sizeof allowed, &allowed) == 0 ? static_cast<int>(cpu) : -1;
}

}  // namespace bench
