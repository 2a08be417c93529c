// SPDX-License-Identifier: BSL-1.0
#pragma once
// The pools of huge pages of the machine and of its nodes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/explanation.hpp>
#include <quire/node_set.hpp>
#include <quire/system/huge_pool.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

/// `above` is the directory of the machine's memory, or of a node.
[[nodiscard]] constexpr path_buffer pool_folder(std::uint64_t huge_bytes,
                                                path_buffer above = path_buffer("/sys/kernel/mm")) noexcept {
  (above += "/hugepages/hugepages-") += std::uint64_t{huge_bytes >> 10};
  return above += "kB";
}

template <class Calls>
[[nodiscard]] optional_count pool_count(const path_buffer& folder, std::string_view file) noexcept {
  return number_in<Calls>((path_buffer(folder) += file).c_str());
}

template <class Calls>
[[nodiscard]] huge_pool read_pool(std::uint64_t huge_bytes, const path_buffer& folder) noexcept {
  const auto count = [&folder](std::string_view file) { return pool_count<Calls>(folder, file); };
  return {huge_bytes,
          count("/nr_hugepages"),
          count("/free_hugepages"),
          count("/resv_hugepages"),
          count("/surplus_hugepages"),
          count("/nr_overcommit_hugepages"),
          {}};
}

/// Surplus pages are taken from the machine's memory while they are in use.
template <class Calls>
[[nodiscard]] explanation huge_page_pool(std::uint64_t huge_bytes) noexcept {
  const huge_pool pool = read_pool<Calls>(huge_bytes, pool_folder(huge_bytes));
  const optional_count left = pool.free_or_growable();
  const std::uint64_t sensible = UINT64_MAX / huge_bytes / 2;
  if (!pool.pages || !left || std::max({*pool.pages, *pool.most_surplus, *left}) > sensible)
    return {limit_kind::huge_page_pool, "", std::nullopt, std::nullopt};
  const std::uint64_t all = *pool.pages + *pool.most_surplus - std::min(*pool.most_surplus, *pool.surplus);
  return {limit_kind::huge_page_pool, "", (all - std::min(all, *left)) * huge_bytes, all * huge_bytes};
}

/// The pages of the pool on the only nodes from which they may come.
template <class Calls>
[[nodiscard]] explanation pool_of_nodes(const node_set& nodes, std::size_t huge_bytes) noexcept {
  const explanation hidden{limit_kind::huge_page_pool, "the nodes that it is bound to", {}, {}};
  const huge_pool machine = read_pool<Calls>(huge_bytes, pool_folder(huge_bytes));
  const std::uint64_t sensible = UINT64_MAX / huge_bytes / 2 / node_set::capacity;
  if (!machine.surplus || !machine.most_surplus || *machine.most_surplus > sensible) return hidden;
  std::uint64_t all = 0, unused = *machine.most_surplus - std::min(*machine.most_surplus, *machine.surplus);
  for (unsigned node = 0; node < node_set::capacity; ++node) {
    if (!nodes.contains(node)) continue;
    path_buffer above("/sys/devices/system/node/node");
    const path_buffer folder = pool_folder(huge_bytes, above += std::uint64_t{node});
    const optional_count pages = pool_count<Calls>(folder, "/nr_hugepages");
    const optional_count free = pool_count<Calls>(folder, "/free_hugepages");
    if (!pages || !free || std::max(*pages, *free) > sensible) return hidden;
    all += *pages;
    unused += *free;
  }
  all = std::max(all, unused);
  return {hidden.kind, hidden.owner, (all - unused) * huge_bytes, all * huge_bytes};
}

}  // namespace quire::detail
