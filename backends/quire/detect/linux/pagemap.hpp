// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the pagemap of a process reports, determined on a page that was just written to.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <quire/detect/probe_pages.hpp>
#include <quire/detect/probe_result.hpp>
#include <quire/system/descriptor.hpp>

namespace quire::detail {

/// `pagemap`: the entry of a resident page reports it as such. `soft_dirty`: a page that was just written to is marked;
/// no other mark is changed to find out. `dirty_scan`: among three pages, the one that was written to is found.
template <class Calls>
void try_pagemap(feature_facts& features) noexcept {
  constexpr std::string_view file = "/proc/self/pagemap", mark = "/proc/self/pagemap: bit 55",
                             scan = "ioctl(PAGEMAP_SCAN)";
  const std::size_t page = Calls::page_bytes();
  features[memory_feature::pagemap] = not_probed(file);
  features[memory_feature::soft_dirty] = not_probed(mark);
  features[memory_feature::dirty_scan] = not_probed(scan);
  const probe_pages<Calls> pages(3 * page);
  if (pages.error() != 0) return;
  pages.touch(page);
  const descriptor<Calls> pagemap(Calls::open_to_read(file.data()));
  if (!pagemap.is_open()) {
    features[memory_feature::pagemap] = refused<Calls>(pagemap.error(), file);
    return;
  }

  constexpr std::uint64_t soft_dirty = std::uint64_t{1} << 55;
  const auto begin = reinterpret_cast<std::uintptr_t>(pages.base()), written = begin + page;
  std::uint64_t word = 0;
  const long got = Calls::read_at(pagemap.number(), &word, sizeof word, std::uint64_t{written} / page * sizeof word);
  if (got != sizeof word) {
    features[memory_feature::pagemap] = refused<Calls>(got < 0 ? static_cast<int>(-got) : Calls::no_entry, file);
  } else {
    features[memory_feature::pagemap] = found(Calls::is_there(word, false), file);
    features[memory_feature::soft_dirty] = found((word & soft_dirty) != 0, mark);
  }

  typename Calls::scanned_run first{};
  const long runs = Calls::scan_written_pages(pagemap.number(), begin, begin + 3 * page, first);
  features[memory_feature::dirty_scan] =
      runs < 0 ? refused<Calls>(static_cast<int>(-runs), scan)
               : found(runs == 1 && first.begin == written && first.end == written + page, scan);
}

}  // namespace quire::detail
