// SPDX-License-Identifier: BSL-1.0
#pragma once
// Huge pages of a Linux machine, according to its settings: pools, transparent huge pages and folios.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/detect/linux/one_line.hpp>
#include <quire/system/linux/cgroup_hugetlb.hpp>
#include <quire/system/linux/file_state.hpp>
#include <quire/system/linux/huge_pools.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/platform_capabilities.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

// Every size is a power of two, so testing all of them spares reading directories.
inline constexpr unsigned least_pool_bits = 16, most_pool_bits = 36;    // 64 KiB to 64 GiB
inline constexpr unsigned least_folio_bits = 13, most_folio_bits = 29;  // 8 KiB to 512 MiB

/// In pages. Unknown if a limit or its usage is hidden.
template <class Calls>
[[nodiscard]] optional_count left_by_groups(const std::optional<control_group_place>& place,
                                            std::uint64_t huge_bytes) noexcept {
  if (!place) return std::nullopt;
  optional_count least = no_limit;
  for_each_pool_limit<Calls>(*place, huge_bytes, [&](const explanation& limit) {
    if (limit.limit && *limit.limit >= unlimited) return;
    const optional_count room = limit.room();
    least = least && room ? optional_count(std::min(*least, *room / huge_bytes)) : std::nullopt;
  });
  return least;
}

/// Unknown if the kernel's settings are hidden; empty if it has no pools.
template <class Calls>
[[nodiscard]] reading<huge_pool_list> pools_of_linux() noexcept {
  constexpr std::string_view source = "/sys/kernel/mm/hugepages";
  if (file_state_of<Calls>(path_buffer("/sys/kernel/mm")) != file_state::exists)
    return reading<huge_pool_list>::unknown(source);
  const auto place = find_control_group<Calls>("hugetlb");
  huge_pool_list pools;
  for (unsigned bits = least_pool_bits; bits <= most_pool_bits; ++bits) {
    const std::uint64_t bytes = std::uint64_t{1} << bits;
    const path_buffer folder = pool_folder(bytes);
    const file_state here = file_state_of<Calls>(folder);
    if (here == file_state::unknown) return reading<huge_pool_list>::unknown(source);
    if (here == file_state::absent) continue;
    huge_pool pool = read_pool<Calls>(bytes, folder);
    pool.left_by_groups = left_by_groups<Calls>(place, bytes);
    pools.push_back(pool);
  }
  return {pools, source};
}

template <class Calls>
[[nodiscard]] reading<folio_list> folios_of_linux() noexcept {
  constexpr std::string_view source = "/sys/kernel/mm/transparent_hugepage/hugepages-*kB/enabled";
  if (file_state_of<Calls>(path_buffer("/sys/kernel/mm")) != file_state::exists)
    return reading<folio_list>::unknown(source);
  folio_list folios;
  for (unsigned bits = least_folio_bits; bits <= most_folio_bits; ++bits) {
    path_buffer file("/sys/kernel/mm/transparent_hugepage/hugepages-");
    file += (std::uint64_t{1} << bits) >> 10;
    file += "kB/enabled";
    const file_state here = file_state_of<Calls>(file);
    if (here == file_state::unknown) return reading<folio_list>::unknown(source);
    if (here == file_state::absent) continue;
    using enum huge_mode;
    folios.push_back({std::uint64_t{1} << bits, choice_in<Calls>(file.c_str(), {never, advised, always, inherited})});
  }
  return {folios, source};
}

/// Which of them the process, or the one that started it, has left enabled. The file does not distinguish "except
/// advised" from all.
template <class Calls>
[[nodiscard]] reading<huge_mode> huge_pages_in_process(const process_status& status, const detection& wanted) noexcept {
  if (status.transparent_huge == 0U) return {huge_mode::never, "/proc/self/status: THP_enabled"};
  constexpr std::string_view call = "prctl(PR_GET_THP_DISABLE)";
  const int off = wanted.try_features ? Calls::huge_pages_switched_off() : -1;
  if (off < 0) return reading<huge_mode>::unknown(call);
  if ((off & Calls::huge_except_advised) != 0) return {huge_mode::advised, call};
  return {off == 0 ? huge_mode::always : huge_mode::never, call};
}

/// A kernel without transparent huge pages has no directory for their settings, but has one for those of memory.
template <class Calls>
void find_absence(huge_page_facts& facts) noexcept {
  constexpr std::string_view folder = "/sys/kernel/mm/transparent_hugepage";
  constexpr std::string_view source = "/sys/kernel/mm/transparent_hugepage: not in this kernel";
  if (file_state_of<Calls>(path_buffer(folder)) != file_state::absent) return;
  if (file_state_of<Calls>(path_buffer("/sys/kernel/mm")) != file_state::exists) return;
  facts.transparent = {huge_mode::absent, source};
  facts.effort = {huge_effort::none, source};
  facts.block_bytes = {std::uint64_t{0}, source};
  facts.in_process = {huge_mode::never, source};
  facts.allowed_in_process = {false, source};
  facts.come_when_touched = facts.come_when_collapsed = {false, source};
}

template <class Calls>
[[nodiscard]] huge_page_facts huge_pages_of_linux(const process_status& status, const detection& wanted) noexcept {
  constexpr std::string_view enabled = "/sys/kernel/mm/transparent_hugepage/enabled";
  constexpr std::string_view defrag = "/sys/kernel/mm/transparent_hugepage/defrag";
  constexpr std::string_view block = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
  using enum huge_effort;
  huge_page_facts facts;
  facts.pools = pools_of_linux<Calls>();
  facts.transparent = {choice_in<Calls>(enabled.data(), {huge_mode::never, huge_mode::advised, huge_mode::always}),
                       enabled};
  facts.effort = {choice_in<Calls>(defrag.data(), {none, advised, in_background, in_background_or_advised, always}),
                  defrag};
  facts.block_bytes = {number_in<Calls>(block.data()), block};
  facts.allowed_in_process = {status.transparent_huge ? std::optional(*status.transparent_huge != 0) : std::nullopt,
                              "/proc/self/status: THP_enabled"};
  facts.in_process = huge_pages_in_process<Calls>(status, wanted);
  facts.folios = folios_of_linux<Calls>();
  facts.first_touch_bytes = reading<std::uint64_t>::unknown("mincore after a touch");
  facts.come_when_touched = facts.come_when_collapsed = reading<bool>::unknown("mincore after a touch of a block");
  if (!facts.transparent.known()) find_absence<Calls>(facts);
  return facts;
}

}  // namespace quire::detail
