// SPDX-License-Identifier: BSL-1.0
// Findings about memory itself: its size, its nodes, and its behaviour under pressure.
#include <algorithm>
#include <optional>
#include <quire/system/each_reading.hpp>

#include "findings.hpp"
#include "words.hpp"

namespace doctor::detail {
namespace {

using quire::platform_capabilities;

void find_shortage(const platform_capabilities& caps, findings& all) {
  const auto& memory = caps.memory;
  if (!memory.total.known() || !(memory.available < memory.total.value() / 20)) return;
  all.push_back({"memory_short", weight::in_the_way, "Memory is almost used up",
                 bytes(memory.available.value()) + " of " + bytes(memory.total.value()) + " available",
                 "New pages push others out, or make the kernel kill a process.",
                 "Stop what is not needed, or add memory."});
}

void find_stalls(const platform_capabilities& caps, findings& all) {
  constexpr unsigned much = 10 * 100;
  const auto &some = caps.stalls.some, &full = caps.stalls.full;
  if (!some.known()) {
    all.push_back({"no_stall_information", weight::worth_knowing, "The kernel does not tell of waiting for memory",
                   std::string(some.source()) + " is hidden, missing or switched off",
                   "Pressure shows only in what is left, not in what programs suffer.",
                   "Boot with psi=1 (a kernel with CONFIG_PSI), and let /proc/pressure into the container."});
  } else if (some >= much) {
    all.push_back({"stalls", weight::in_the_way, "Programs wait for memory right now",
                   per_cent(some.value()) + " of the last ten seconds at least one did, " +
                       (full.known() ? per_cent(full.value()) : "an unknown part") + " all of them",
                   "Every new page may take milliseconds, and where systemd-oomd runs it may kill, below every limit.",
                   "Stop what is not needed, or add memory.", "oomctl shows which units systemd-oomd watches"});
  }
}

void find_swap(const platform_capabilities& caps, findings& all) {
  if (!(caps.memory.swap_total > 0)) return;
  all.push_back(
      {"swap", weight::worth_knowing, "There is swap",
       bytes(caps.memory.swap_total.value()) + ", " + known_part(caps.memory.swap_free.optional(), bytes) + " free",
       "Pages that were not used for a while come back from a disk: a touch may take milliseconds.",
       "For memory that must not wait: residency::locked. For the whole machine: sudo swapoff -a"});
}

void find_nodes(const platform_capabilities& caps, findings& all) {
  const auto& nodes = caps.memory.numa_nodes;
  if (nodes == 1 && !nodes.source().ends_with("not in this kernel")) {
    all.push_back({"one_node", weight::worth_knowing, "There is one NUMA node only", "1 node",
                   "Placement policies work, and have nothing to choose.", ""});
  }
  const auto& allowed = caps.memory.nodes_allowed;
  if (nodes > 1 && allowed.known() && allowed.value().count() < nodes.value())
    all.push_back({"cpuset", weight::in_the_way, "Some NUMA nodes are not for this process",
                   "nodes " + printed(allowed.value()) + " of " + count(nodes.value()),
                   "To bind memory to any other node is an error.",
                   "Widen cpuset.mems of the control group: docker run --cpuset-mems, AllowedMemoryNodes= of a unit."});
  if (!caps.nodes.known() || nodes == 1) return;
  for (const quire::numa_node& node : caps.nodes.value())
    if (node.bytes == 0)
      all.push_back({"node_without_memory", weight::worth_knowing, "A NUMA node has no memory",
                     "node " + std::to_string(node.id), "Binding memory to it is an error; local memory is elsewhere.",
                     "Prefer the nearest node instead."});
}

void find_hidden(const platform_capabilities& caps, findings& all) {
  std::size_t hidden = 0, asked = 0;
  std::string names;
  quire::for_each_reading(caps, [&](const char* group, const char* name, const auto& each) {
    ++asked;
    if (each.known() || each.source().empty() || !each.source().starts_with('/')) return;
    ++hidden;
    if (hidden <= 4) names += (names.empty() ? "" : ", ") + std::string(group) + '.' + name;
  });
  if (hidden < 5) return;
  all.push_back({"hidden", weight::costs, "Much is hidden",
                 count(hidden) + " of " + count(asked) + " values cannot be read: " + names + ", ...",
                 "Errors cannot be explained, and headroom cannot be checked: residency::assured refuses.",
                 "Mount /proc and /sys, read-only, into the container."});
}

}  // namespace

void find_in_machine(const platform_capabilities& caps, findings& all) {
  find_shortage(caps, all);
  find_stalls(caps, all);
  find_hidden(caps, all);
  find_swap(caps, all);
  find_nodes(caps, all);
}

}  // namespace doctor::detail
