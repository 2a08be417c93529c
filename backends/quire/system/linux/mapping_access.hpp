// SPDX-License-Identifier: BSL-1.0
#pragma once
// The access of pages on Linux, which only /proc/self/maps reports.
#include <cstdint>
#include <string_view>

#include <quire/store.hpp>
#include <quire/system/linux/smaps.hpp>
#include <quire/system/text/line_reader.hpp>

namespace quire::detail {

template <class Calls>
[[nodiscard]] constexpr int protection_in(const mapping_line& line) noexcept {
  return (line.readable ? Calls::prot_read : 0) | (line.writable ? Calls::prot_write : 0) |
         (line.executable ? Calls::prot_exec : 0);
}

/// Calls `f(part, protection)` for each part of the run whose pages have one protection, in order, until f returns
/// false. Returns false if the file does not cover the whole run; it is read up to the end of the run. `f` may map the
/// part anew: the kernel continues at an address, and repeated lines are skipped.
template <class Calls, class F>
[[nodiscard]] bool for_each_access(page_run r, F f) noexcept {
  line_reader<Calls> lines("/proc/self/maps");
  const auto begin = reinterpret_cast<std::uintptr_t>(r.base), end = begin + r.bytes;
  std::uintptr_t from = begin, to = begin;  // the last part seen, which may continue
  int protection = 0;
  const auto seen = [&] { return page_run{r.base + (from - begin), to - from}; };
  mapping_line here;
  for (std::string_view line; to < end && lines.next(line);) {
    if (!here.read(line) || here.end <= to) continue;
    if (here.begin > to) return false;
    if (const int next = protection_in<Calls>(here); next != protection) {
      if (to != from && !f(seen(), protection)) return true;
      from = to;
      protection = next;
    }
    to = here.end < end ? here.end : end;
  }
  if (to != end) return false;
  (void)f(seen(), protection);
  return true;
}

}  // namespace quire::detail
