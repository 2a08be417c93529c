// SPDX-License-Identifier: BSL-1.0
// Findings about limits: overcommit, control groups, and limits of the process.
#include <algorithm>

#include "characters.hpp"
#include "findings.hpp"
#include "words.hpp"

namespace doctor::detail {
namespace {

using quire::no_limit, quire::platform_capabilities;

void find_overcommit(const platform_capabilities& caps, findings& all) {
  const auto& limits = caps.limits;
  if (limits.overcommit == quire::overcommit::never) {
    const auto room = limits.commit.room();
    const bool is_short = room && *room < limits.commit.limit.value() / 20;
    all.push_back({"commit_limit", is_short ? weight::in_the_way : weight::costs, "The machine does not overcommit",
                   known_part(room, bytes) + " of " +
                       (limits.commit.limit.known() ? bytes(limits.commit.limit.value()) : "an unknown limit") +
                       " left to be committed",
                   "What is committed counts at once, touched or not, and beyond the limit commit is an error. "
                   "Reservations are free.",
                   "sudo sysctl vm.overcommit_memory=0", "or a higher vm.overcommit_ratio, or more swap"});
  } else if (limits.overcommit.known()) {
    all.push_back({"overcommit", weight::worth_knowing, "The machine promises more memory than there is",
                   std::string("vm.overcommit_memory is ") + name(limits.overcommit.value()),
                   "That commit succeeds says nothing about memory: at a later touch the kernel may kill a process.",
                   "residency::populated or residency::assured",
                   "pages are there on return; assured also checks first what is left. Neither knows of systemd-oomd, "
                   "which kills below every limit"});
  }
}

void find_group_limit(const quire::control_group_facts& groups, findings& all) {
  if (!groups.tightest.known() || groups.tightest.value().limit == no_limit) return;
  const quire::limited_group& group = groups.tightest.value();
  const std::string path = printable(group.path);
  const auto room = group.room();
  const bool is_full = room && *room < group.limit / 20;
  const bool kills = !(groups.kills == false);
  all.push_back(
      {kills ? "group_kills" : "group_stops", is_full ? weight::in_the_way : weight::costs,
       is_full ? "A control group is almost at its limit of memory" : "A control group limits memory",
       known_part(room, bytes) + " of " + bytes(group.limit) + " left, in " + (path.empty() ? "a hidden group" : path),
       kills ? std::string("Beyond it the kernel kills") + (groups.kills.known() ? "" : ", as far as can be told") +
                   ", and no call returns an error, unless it is asked for first."
             : "The killer is off: populating beyond it is an error, but a touch beyond it waits for ever.",
       kills ? "residency::assured" : "residency::populated or residency::assured",
       "to raise it: docker run --memory, MemoryMax= of a unit of systemd, resources.limits of a pod"});
}

void find_group_gaps(const quire::control_group_facts& groups, findings& all) {
  if (groups.whole_path == false)
    all.push_back({"groups_hidden", weight::worth_knowing, "Control groups around this one are hidden",
                   !groups.smallest.known() ? "no limit can be seen"
                   : groups.smallest.value().limit == no_limit
                       ? "those that can be seen have no limit"
                       : "the smallest limit seen is " + bytes(groups.smallest.value().limit),
                   "Each of them may have a smaller limit, which shows only when it kills.",
                   "Ask who runs the container, or look at memory.max outside of it."});
  if (groups.throttled < no_limit)
    all.push_back({"throttled", weight::costs, "A control group is slowed down before its limit",
                   "memory.high is " + bytes(groups.throttled.value()),
                   "Above it every new page waits for others to be given back.",
                   "Raise memory.high (MemoryHigh= of a unit) to near the limit."});
}

void find_limit(const char* id, const char* what, const quire::budget& of, const std::string& consequence,
                const std::string& remedy, findings& all, const std::string& hint = {}) {
  if (!of.limit.known() || of.limit == no_limit) return;
  const auto room = of.room();
  all.push_back({id, room && *room < of.limit.value() / 20 ? weight::in_the_way : weight::costs,
                 std::string(what) + " is limited",
                 known_part(of.used.optional(), bytes) + " used of " + bytes(of.limit.value()), consequence, remedy,
                 hint});
}

void find_mappings(const quire::budget& mappings, findings& all) {
  if (!mappings.limit.known()) return;
  const std::uint64_t most = mappings.limit.value(), memories = (most - most / 10) / 2;
  constexpr std::uint64_t usual = 65530;
  if (most > 4 * usual) return;
  all.push_back(
      {"mappings", most < usual ? weight::costs : weight::worth_knowing,
       "The number of mappings bounds the number of memories",
       "vm.max_map_count is " + count(most) + ": about " + count(memories) + " guarded memories in one process",
       "At the limit nothing can be mapped or protected any more, and malloc and new threads fail too.",
       "sudo sysctl vm.max_map_count=1048576", "to keep it: a file in /etc/sysctl.d"});
}

}  // namespace

void find_in_limits(const platform_capabilities& caps, findings& all) {
  const auto& limits = caps.limits;
  find_group_limit(caps.groups, all);
  find_limit("address_space_limit", "The address space (RLIMIT_AS)", limits.address_space,
             "Reservations count in full, touched or not: 8 GiB for each memory with index space.",
             "ulimit -v unlimited", all);
  find_limit("data_limit", "Private memory (RLIMIT_DATA)", limits.data,
             "Commit beyond it is out_of_memory; reservations are free.", "ulimit -d unlimited", all);
  find_limit("locked_limit", "Locked memory (RLIMIT_MEMLOCK)", limits.locked,
             "residency::locked beyond it is out_of_memory.", "ulimit -l unlimited", all,
             caps.system.initial_user_namespace == false
                 ? "outside this user namespace: its CAP_IPC_LOCK and CAP_SYS_RESOURCE do not count"
                 : "LimitMEMLOCK= of a unit of systemd, docker run --ulimit memlock=-1");
  find_group_gaps(caps.groups, all);
  find_overcommit(caps, all);
  find_mappings(limits.mappings, all);
}

}  // namespace doctor::detail
