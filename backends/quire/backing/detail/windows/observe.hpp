// SPDX-License-Identifier: BSL-1.0
#pragma once
// What Windows reports of a memory: the states of its pages, and which of them are in the working set.
#include <algorithm>
#include <cstddef>
#include <optional>

#include <quire/store.hpp>

namespace quire::backing::detail {

template <class Calls>
[[nodiscard]] bool is_inaccessible(const typename Calls::memory_region& r) noexcept {
  return r.state == Calls::mem_reserve || (r.state == Calls::mem_commit && r.protection == Calls::page_no_access);
}

/// Inaccessible bytes from the beginning of `r` on.
template <class Calls>
[[nodiscard]] std::optional<std::size_t> inaccessible_bytes(page_run r) noexcept {
  std::size_t seen = 0;
  while (seen < r.bytes) {
    typename Calls::memory_region here{};
    if (Calls::virtual_query(r.base + seen, here) != 0 || here.bytes == 0) return std::nullopt;
    if (!is_inaccessible<Calls>(here)) break;
    seen += std::min(here.bytes, r.bytes - seen);
  }
  return seen;
}

/// Adds the pages in the working set, in parts. False if the system does not report them.
template <class Calls, class Seen>
[[nodiscard]] bool add_working_set(page_run r, Seen& sum) noexcept {
  constexpr std::size_t a_call = 64;
  const std::size_t page = Calls::page_bytes(), count = r.bytes / page;
  for (std::size_t done = 0; done < count; done += a_call) {
    typename Calls::working_set_page told[a_call];
    const std::size_t now = std::min(a_call, count - done);
    for (std::size_t i = 0; i < now; ++i) told[i] = {r.base + (done + i) * page, 0};
    if (Calls::query_working_set(told, now) != 0) return false;
    for (std::size_t i = 0; i < now; ++i) {
      *sum.locked = *sum.locked && told[i].is_resident() && told[i].is_locked();
      if (!told[i].is_resident()) continue;
      *sum.resident_bytes += page;
      sum.nodes->insert(told[i].node());
    }
  }
  return true;
}

/// `Seen` is quire::observation.
template <class Calls, class Seen>
void observe_pages(page_run accessible, page_run whole, Seen& seen) noexcept {
  std::byte* const end = accessible.base + accessible.bytes;
  const auto before = static_cast<std::size_t>(accessible.base - whole.base);
  seen.inaccessible_before = before == 0 ? 0 : inaccessible_bytes<Calls>({whole.base, before});
  if (seen.inaccessible_before && *seen.inaccessible_before != before) seen.inaccessible_before.reset();
  seen.inaccessible_after = inaccessible_bytes<Calls>({end, static_cast<std::size_t>(whole.base + whole.bytes - end)});
  if (accessible.bytes == 0) return;
  seen.page_bytes = Calls::page_bytes();
  Seen sum;
  sum.resident_bytes = 0;
  sum.locked = true;
  sum.nodes.emplace();
  if (!add_working_set<Calls>(accessible, sum)) return;
  seen.resident_bytes = sum.resident_bytes;
  seen.locked = sum.locked;
  if (!sum.nodes->empty()) seen.nodes = sum.nodes;
}

}  // namespace quire::backing::detail
