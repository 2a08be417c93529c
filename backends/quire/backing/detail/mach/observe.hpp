// SPDX-License-Identifier: BSL-1.0
#pragma once
// What Mach reports of a memory, mapping by mapping: mach_vm_region.
#include <algorithm>
#include <cstddef>
#include <optional>

#include <quire/store.hpp>

namespace quire::backing::detail {

/// Calls f(part, region) for each mapped part of the run, in order, until f returns false. Returns 0, or the code of
/// the call.
template <class Calls, class F>
int for_each_region(page_run r, F f) noexcept {
  std::byte* const end = r.base + r.bytes;
  for (std::byte* at = r.base; at < end;) {
    typename Calls::memory_region here{};
    if (const int n = Calls::vm_region(at, here)) return n;
    std::byte* const from = std::max(at, here.base);
    std::byte* const to = std::min(end, here.base + here.bytes);
    if (from >= end) return 0;
    if (!f(page_run{from, static_cast<std::size_t>(to - from)}, here)) return 0;
    at = to;
  }
  return 0;
}

/// Contiguous inaccessible bytes from the beginning of the run.
template <class Calls>
std::optional<std::size_t> inaccessible_from_begin(page_run r) noexcept {
  std::size_t bytes = 0;
  const int n = for_each_region<Calls>(r, [&](page_run part, const typename Calls::memory_region& region) {
    if (part.base != r.base + bytes || region.current != Calls::prot_none) return false;
    bytes += part.bytes;
    return true;
  });
  return n == 0 ? std::optional(bytes) : std::nullopt;
}

/// Contiguous inaccessible bytes up to the end of the run.
template <class Calls>
std::optional<std::size_t> inaccessible_to_end(page_run r) noexcept {
  std::byte* begin = r.base;
  std::byte* end = r.base;
  const int n = for_each_region<Calls>(r, [&](page_run part, const typename Calls::memory_region& region) {
    if (part.base != end) begin = part.base;
    end = part.base + part.bytes;
    if (region.current != Calls::prot_none) begin = end;
    return true;
  });
  if (n != 0) return std::nullopt;
  return end == r.base + r.bytes ? static_cast<std::size_t>(end - begin) : 0;
}

/// The combined state of the mappings of the accessible pages. `Seen` is quire::observation.
template <class Calls, class Seen>
void see_pages(page_run accessible, Seen& seen) noexcept {
  std::size_t covered = 0;
  std::optional<std::size_t> resident = 0;
  bool locked = true, not_inherited = true;
  const int n = for_each_region<Calls>(accessible, [&](page_run part, const typename Calls::memory_region& region) {
    covered += part.bytes;
    // A mapping may reach beyond the memory: then the resident pages here are known only if there are none.
    if (part.bytes != region.bytes && region.pages != 0) resident.reset();
    if (resident) *resident += region.pages * Calls::page_bytes();
    locked = locked && region.wired != 0;
    not_inherited = not_inherited && region.inheritance == Calls::inherit_none;
    return true;
  });
  if (n != 0 || covered == 0 || covered != accessible.bytes) return;
  seen.page_bytes = Calls::page_bytes();
  seen.resident_bytes = resident;
  seen.locked = locked;
  seen.not_inherited = not_inherited;
}

template <class Calls, class Seen>
void observe_regions(page_run accessible, page_run whole, Seen& seen) noexcept {
  see_pages<Calls>(accessible, seen);
  std::byte* const end = accessible.base + accessible.bytes;
  seen.inaccessible_before =
      inaccessible_to_end<Calls>({whole.base, static_cast<std::size_t>(accessible.base - whole.base)});
  seen.inaccessible_after =
      inaccessible_from_begin<Calls>({end, static_cast<std::size_t>(whole.base + whole.bytes - end)});
}

}  // namespace quire::backing::detail
