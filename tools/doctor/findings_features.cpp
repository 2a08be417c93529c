// SPDX-License-Identifier: BSL-1.0
// Features that the kernel, the processor or a filter of calls denies to this process.
#include "findings.hpp"
#include "words.hpp"

namespace doctor::detail {
namespace {

using quire::feature, quire::platform_capabilities;

void find_refusal(const platform_capabilities& caps, findings& all) {
  const feature& placement = caps.features[quire::memory_feature::placement];
  if (placement.usable != false) return;
  const bool filtered = caps.system.filter == quire::call_filter::program;
  // With one node, nothing is lost.
  const doctor::weight weight = caps.memory.numa_nodes == 1 ? weight::worth_knowing : weight::in_the_way;
  all.push_back({"placement_refused", weight, "NUMA policies cannot be set",
                 outcome_of(placement) + (filtered ? "; a filter (seccomp) is in force" : ""),
                 "Every placement policy but anywhere is an error.",
                 filtered ? "docker run --cap-add SYS_NICE, or a profile that allows mbind and get_mempolicy"
                          : "A kernel with CONFIG_NUMA."});
}

struct lack {
  const feature& of;
  const char* id;
  doctor::weight weight;
  const char *title, *consequence, *remedy;
};

void find_lack(const lack& l, findings& all) {
  if (l.of.usable != false) return;
  all.push_back({l.id, l.weight, l.title, outcome_of(l.of), l.consequence, l.remedy});
}

void find_tags(const platform_capabilities& caps, findings& all) {
  const feature& tags = caps.features[quire::memory_feature::memory_tags];
  if (tags.usable != false || tags.usable.source() == "the kind of processor") return;
  all.push_back({"no_tags", weight::worth_knowing, "There is no memory tagging here",
                 std::string(tags.usable.source()) + " says so",
                 "tagging::mte is not_supported: stale and wild pointers are found by chance only.",
                 "A processor with MTE, and a machine or container that passes it on (QEMU: -machine virt,mte=on). "
                 "Anywhere: tagging::checked"});
}

}  // namespace

void find_in_features(const platform_capabilities& caps, findings& all) {
  const auto& f = caps.features;
  using enum weight;
  using enum quire::memory_feature;
  find_lack({f[discard], "discard_without_effect", in_the_way, "Memory cannot be emptied",
             "shrink, discard and reset would leave old contents behind: do not use Quire here.",
             "Another kernel or emulator."},
            all);
  find_refusal(caps, all);
  find_lack({f[populate], "no_populate", costs, "Pages cannot be brought in by a call",
             "residency::populated touches them instead: where memory is short that kills, and is no error.",
             "Linux 5.14, or a filter of calls that lets it through."},
            all);
  find_lack({f[pagemap], "pagemap_hidden", costs, "A process cannot see the state of its own pages",
             "What was written to cannot be found: a reset clears everything.",
             "Make the process dumpable again after it changed its user: prctl(PR_SET_DUMPABLE, 1)"},
            all);
  if (f[pagemap].usable == true)
    find_lack({f[dirty_scan], "no_dirty_scan", worth_knowing, "Written pages cannot be found by one call",
               "A reset of a large memory reads a word for each page, or clears everything.", "Linux 6.7"},
              all);
  find_lack({f[locking], "no_locking", costs, "Pages cannot be locked", "residency::locked is an error.",
             "ulimit -l, or the capability CAP_IPC_LOCK, which counts outside of user namespaces only"},
            all);
  find_lack({f[guard_markers], "no_guard_markers", worth_knowing, "Guards need mappings of their own",
             "Pools cannot put markers between their slots, and meet vm.max_map_count sooner.", "Linux 6.13"},
            all);
  find_lack({f[sealing], "no_sealing", worth_knowing, "Mappings cannot be sealed",
             "Arenas cannot be protected from being unmapped by mistake or attack.", "Linux 6.10, on 64 bits"},
            all);
  find_lack({f[mapping_names], "no_mapping_names", worth_knowing, "Mappings cannot be named",
             "tagging::named is not_supported; tools show memories without names.",
             "A kernel with CONFIG_ANON_VMA_NAME (Linux 5.17)"},
            all);
  find_tags(caps, all);
}

}  // namespace doctor::detail
