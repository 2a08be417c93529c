// SPDX-License-Identifier: BSL-1.0
#include "nodes.hpp"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/process/machine.hpp"

namespace quire::test {
namespace {

constexpr long mpol_default = 0, mpol_bind = 2;

std::string folder_of(unsigned node) { return "/sys/devices/system/node/node" + std::to_string(node) + "/"; }

std::string line_of(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

node_set nodes_in(const char* file) {
  return node_set::parse(line_of(std::string{"/sys/devices/system/node/"} + file)).value_or(node_set{});
}

}  // namespace

node_set nodes_with_memory() { return nodes_in("has_memory"); }
node_set nodes_with_processors() { return nodes_in("has_cpu"); }

std::vector<unsigned> listed(const node_set& nodes) {
  std::vector<unsigned> found;
  for (unsigned node = 0; node < node_set::capacity; ++node)
    if (nodes.contains(node)) found.push_back(node);
  return found;
}

unsigned nearest_with_memory(unsigned node) {
  std::istringstream distances{line_of(folder_of(node) + "distance")};
  const auto online = listed(nodes_in("online"));
  unsigned nearest = node, least = ~0U, far = 0;
  for (std::size_t i = 0; i < online.size() && distances >> far; ++i)
    if (nodes_with_memory().contains(online[i]) && far < least) {
      nearest = online[i];
      least = far;
    }
  return nearest;
}

const char* no_second_node() {
  if (nodes_with_memory().count() < 2) return "this machine has one node";
  return no_numa_calls();
}

std::vector<int> nodes_of(std::span<const std::byte> pages) {
  const auto step = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<const void*> where;
  for (std::size_t offset = 0; offset < pages.size(); offset += step) where.push_back(pages.data() + offset);
  std::vector<int> nodes(where.size(), -1);
  if (::syscall(SYS_move_pages, 0, where.size(), where.data(), nullptr, nodes.data(), 0) != 0) nodes.assign(1, -1);
  return nodes;
}

std::size_t free_on(unsigned node) {
  std::ifstream file{folder_of(node) + "meminfo"};
  for (std::string line; std::getline(file, line);)
    if (const auto at = line.find("MemFree:"); at != std::string::npos)
      return std::stoul(line.substr(at + std::string{"MemFree:"}.size())) << 10;
  return 0;
}

running_on::running_on(unsigned node) : before_(1024 / (8 * sizeof(long))) {
  const std::size_t bytes = before_.size() * sizeof(long);
  (void)::sched_getaffinity(0, bytes, reinterpret_cast<cpu_set_t*>(before_.data()));
  const auto processors = node_set::parse(line_of(folder_of(node) + "cpulist")).value_or(node_set{});
  (void)::sched_setaffinity(0, bytes, reinterpret_cast<const cpu_set_t*>(processors.words()));
}
running_on::~running_on() {
  (void)::sched_setaffinity(0, before_.size() * sizeof(long), reinterpret_cast<const cpu_set_t*>(before_.data()));
}

thread_bound_to::thread_bound_to(unsigned node) {
  const node_set only{node};
  (void)::syscall(SYS_set_mempolicy, mpol_bind, only.words(), node_set::capacity + 1UL);
}
thread_bound_to::~thread_bound_to() { (void)::syscall(SYS_set_mempolicy, mpol_default, nullptr, 0UL); }

}  // namespace quire::test
