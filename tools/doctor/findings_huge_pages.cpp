// SPDX-License-Identifier: BSL-1.0
// Findings about pools, transparent huge pages and folios.
#include <algorithm>

#include "findings.hpp"
#include "words.hpp"

namespace doctor::detail {
namespace {

using quire::huge_mode, quire::huge_page_facts;

constexpr std::uint64_t wasm_page = 65536;
const std::string settings = "/sys/kernel/mm/transparent_hugepage/";

void find_pools(const huge_page_facts& huge, findings& all) {
  if (!huge.pools.known()) return;
  const auto& pools = huge.pools.value();
  if (pools.empty()) {
    all.push_back({"no_pools", weight::worth_knowing, "This kernel has no pools of huge pages", "none",
                   "page_size::explicit_huge is not_supported.", "A kernel with CONFIG_HUGETLBFS."});
    return;
  }
  const bool is_empty = std::all_of(pools.begin(), pools.end(),
                                    [](const quire::huge_pool& pool) { return pool.free_or_growable() == 0; });
  if (!is_empty) return;
  std::string sizes;
  for (const auto& pool : pools) sizes += (sizes.empty() ? "" : ", ") + exactly(pool.page_bytes);
  const std::string smallest = std::to_string(pools[0].page_bytes >> 10);
  all.push_back({"pools_empty", weight::costs, "The pools of huge pages are empty", "none to be had of " + sizes,
                 "page_size::explicit_huge is out_of_memory; a fallback takes its next candidate.",
                 "echo 512 | sudo tee /sys/kernel/mm/hugepages/hugepages-" + smallest + "kB/nr_hugepages",
                 "early, while memory is not yet in pieces; pages of 1 GiB at boot: hugepagesz=1G hugepages=4"});
}

void find_limited_pools(const huge_page_facts& huge, findings& all) {
  if (!huge.pools.known()) return;
  for (const quire::huge_pool& pool : huge.pools.value()) {
    const auto stock = pool.free_or_growable();
    if (!stock || !pool.left_by_groups || *pool.left_by_groups >= *stock) continue;
    all.push_back({"pool_limited", weight::costs, "A control group limits huge pages",
                   count(*pool.left_by_groups) + " of " + exactly(pool.page_bytes) + " left, of " + count(*stock) +
                       " that the pool has",
                   "page_size::explicit_huge beyond it is out_of_memory.",
                   "Raise the limit of hugetlb (hugetlb.*.max, hugetlb.*.rsvd.max) of the group.",
                   "hugepages-2Mi in resources.limits of a pod"});
  }
}

/// Advice succeeds in spite of this switch, so nothing else shows it.
void find_switch_of_process(const huge_page_facts& huge, findings& all) {
  const std::string remedy = "Start it by something that does not switch them off: children inherit it.";
  if (huge.allowed_in_process == false || huge.in_process == huge_mode::never)
    all.push_back({"transparent_off_in_process", weight::costs,
                   "Transparent huge pages are switched off for this process",
                   "prctl(PR_SET_THP_DISABLE), called by it or by an ancestor",
                   "page_size::transparent_huge succeeds and changes nothing: pages stay small.", remedy});
  else if (huge.in_process == huge_mode::advised && huge.transparent == huge_mode::always)
    all.push_back({"transparent_advised_in_process", weight::worth_knowing,
                   "This process gets transparent huge pages only where it asks for them",
                   "prctl(PR_SET_THP_DISABLE) with \"except advised\", called by it or by an ancestor",
                   "Without page_size::transparent_huge pages stay small, although the setting is always.", remedy});
}

void find_transparent(const huge_page_facts& huge, findings& all) {
  const std::string enabled = settings + "enabled";
  if (huge.transparent == huge_mode::never)
    all.push_back({"transparent_off", weight::costs, "Transparent huge pages are switched off", enabled + " is never",
                   "page_size::transparent_huge changes nothing; only collapse() makes huge pages.",
                   "echo madvise | sudo tee " + enabled});
  if (huge.transparent == huge_mode::absent)
    all.push_back({"transparent_absent", weight::worth_knowing, "This kernel has no transparent huge pages",
                   "there is no " + settings, "page_size::transparent_huge is not_supported.",
                   "A kernel with CONFIG_TRANSPARENT_HUGEPAGE."});
  else
    find_switch_of_process(huge, all);
  if (huge.transparent == huge_mode::always) {
    const bool stalls = huge.effort == quire::huge_effort::always;
    all.push_back(
        {"transparent_always", stalls ? weight::costs : weight::worth_knowing, "Transparent huge pages come unasked",
         enabled + " is always" + (huge.effort.known() ? std::string(", defrag is ") + name(huge.effort.value()) : ""),
         std::string("A first touch may clear 2 MiB") +
             (stalls ? ", and wait until memory has been moved together for it" : "") +
             ": latency for those who touch little.",
         "page_size::no_huge for one memory; for all: echo madvise | sudo tee " + enabled});
  }
  const bool are_on = huge.transparent == huge_mode::advised || huge.transparent == huge_mode::always;
  if (are_on && huge.in_process != huge_mode::never && huge.come_when_touched == false)
    all.push_back({"transparent_without_effect", weight::costs, "Transparent huge pages are switched on, but none came",
                   (huge.block_bytes.known() ? "a block of " + exactly(huge.block_bytes.value()) : "a block") +
                       " was advised and touched",
                   "Memory is in pieces, or something forbids it.", "echo 1 | sudo tee /proc/sys/vm/compact_memory",
                   "moves memory together, once"});
}

void find_folios(const huge_page_facts& huge, findings& all) {
  if (!huge.folios.known() || huge.transparent == huge_mode::absent || huge.first_touch_bytes >= wasm_page) return;
  const auto& folios = huge.folios.value();
  const auto of_a_wasm_page =
      std::find_if(folios.begin(), folios.end(), [](const quire::folio_size& each) { return each.bytes == wasm_page; });
  const auto& brought = huge.first_touch_bytes;
  const std::string faults =
      brought > 0 ? count(wasm_page / brought.value()) + " page faults" : "a fault for each page of the system";
  const std::string consequence =
      "Each page of WebAssembly costs " + faults + " instead of one; a fresh small memory takes about twice as long.";
  if (of_a_wasm_page == folios.end())
    all.push_back({"no_folios", weight::worth_knowing, "This kernel has no folios of 64 KiB", "Linux 6.8 has them",
                   consequence, ""});
  else if (of_a_wasm_page->mode == huge_mode::never)
    all.push_back({"folios_off", weight::costs, "Folios of 64 KiB are switched off",
                   settings + "hugepages-64kB/enabled is never", consequence,
                   "echo madvise | sudo tee " + settings + "hugepages-64kB/enabled",
                   "with page_size::transparent_huge in the program"});
}

}  // namespace

void find_in_huge_pages(const quire::platform_capabilities& caps, findings& all) {
  find_folios(caps.huge_pages, all);
  find_pools(caps.huge_pages, all);
  find_limited_pools(caps.huge_pages, all);
  find_transparent(caps.huge_pages, all);
}

}  // namespace doctor::detail
