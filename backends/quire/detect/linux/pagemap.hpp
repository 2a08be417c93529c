#pragma once
// What the pagemap of a process reports, determined on a page that was just written to.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <quire/detect/probe_pages.hpp>
#include <quire/detect/probe_result.hpp>
#include <quire/system/descriptor.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::detail {

/// /proc/self/pagemap, open for the lifetime of the object.
template <class Calls>
class pagemap_file {
 public:
  pagemap_file() noexcept : file_(Calls::open_to_read("/proc/self/pagemap")) {}
  /// 0 or errno.
  [[nodiscard]] int error() const noexcept { return file_.error(); }

  /// Reads the entry of a page. Returns 0 or errno.
  [[nodiscard]] int entry(const std::byte* page, std::uint64_t& word) const noexcept {
    const std::uint64_t number = reinterpret_cast<std::uintptr_t>(page) / Calls::page_bytes();
    const long n = Calls::read_at(file_.number(), &word, sizeof word, number * sizeof word);
    if (n < 0) return static_cast<int>(-n);
    return n == sizeof word ? 0 : Calls::no_entry;
  }
  /// Finds pages that were written to, or swapped out since. Returns the number of runs, or a negative errno.
  [[nodiscard]] long written_in(const std::byte* begin, std::size_t bytes,
                                typename Calls::scanned_run& first) const noexcept {
    const auto from = reinterpret_cast<std::uintptr_t>(begin);
    return Calls::scan_written_pages(file_.number(), from, from + bytes, first);
  }

 private:
  descriptor<Calls> file_;
};

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
  const pagemap_file<Calls> pagemap;
  if (const int n = pagemap.error()) {
    features[memory_feature::pagemap] = refused<Calls>(n, file);
    return;
  }

  constexpr std::uint64_t present = std::uint64_t{1} << 63, swapped = std::uint64_t{1} << 62,
                          soft_dirty = std::uint64_t{1} << 55;
  std::uint64_t word = 0;
  if (const int n = pagemap.entry(pages.base() + page, word)) {
    features[memory_feature::pagemap] = refused<Calls>(n, file);
  } else {
    features[memory_feature::pagemap] = found((word & (present | swapped)) != 0, file);
    features[memory_feature::soft_dirty] = found((word & soft_dirty) != 0, mark);
  }

  typename Calls::scanned_run first{};
  const long runs = pagemap.written_in(pages.base(), 3 * page, first);
  const auto written = reinterpret_cast<std::uintptr_t>(pages.base() + page);
  features[memory_feature::dirty_scan] =
      runs < 0 ? refused<Calls>(static_cast<int>(-runs), scan)
               : found(runs == 1 && first.begin == written && first.end == written + page, scan);
}

}  // namespace quire::detail
