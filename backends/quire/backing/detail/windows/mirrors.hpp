// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mirrored memory on Windows: two views of one section of the paging file, in place of placeholders. Each
// part is released by a call of its own.
#include <algorithm>
#include <cstddef>

#include <quire/policy/attributes.hpp>
#include <quire/store/mirrors.hpp>

namespace quire::backing::detail {

/// A base of windows_virtual.
template <class Calls>
struct windows_mirrors {
  static constexpr std::size_t mirror_granule() noexcept { return Calls::allocation_granularity; }
  /// Views neither prefer a node nor can be offered to the system.
  static constexpr bool mirrors(const attributes& requested) noexcept {
    return requested.numa.mode == numa_mode::anywhere && requested.purge_granule == 0;
  }
  /// VirtualAlloc2, from Windows 10 1803 on: one placeholder, which has no alignment but the system's.
  static int reserve_mirror(mirror_place& place, std::size_t alignment, const attributes&) noexcept {
    if (alignment > Calls::allocation_granularity) return Calls::not_supported;
    constexpr unsigned type = Calls::mem_reserve | Calls::mem_reserve_placeholder;
    const auto got = Calls::virtual_alloc_over(nullptr, place.total(), type, Calls::page_no_access);
    if (got.error != 0) return got.error;
    place.base = static_cast<std::byte*>(got.address);
    place.parts = 1;
    return 0;
  }
  /// CreateFileMapping over the paging file, which charges one half; VirtualFree(MEM_PRESERVE_PLACEHOLDER) for each
  /// cut; MapViewOfFile3 twice; CloseHandle. Child processes do not inherit memory.
  static int map_mirror(mirror_place& place, const attributes&) noexcept {
    void* section = nullptr;
    if (const int n = Calls::create_section(place.half, section)) return n;
    int n = cut(place);
    while (n == 0 && place.views != 2) n = map_next(place, section);
    Calls::close_section(section);
    return n;
  }
  /// UnmapViewOfFile2 and VirtualFree, up to twice each, from the last part on.
  static int release_mirror(mirror_place& place, const attributes&) noexcept {
    for (; place.parts != 0; --place.parts)
      if (const int n = release_last(place)) return n;
    place.views = 0;
    return 0;
  }

 private:
  static constexpr unsigned first_half(const mirror_place& place) noexcept { return place.before != 0 ? 1 : 0; }
  static constexpr unsigned all_parts(const mirror_place& place) noexcept {
    return first_half(place) + (place.after != 0 ? 3U : 2U);
  }
  /// Where a part begins; the last one that is cut off yet extends to the end.
  static std::byte* beginning(const mirror_place& place, unsigned part) noexcept {
    const unsigned halves = part - std::min(part, first_half(place));
    return part == 0 ? place.base : place.begin() + halves * place.half;
  }
  static int cut(mirror_place& place) noexcept {
    for (; place.parts != all_parts(place); ++place.parts) {
      std::byte* const from = beginning(place, place.parts - 1U);
      const auto bytes = static_cast<std::size_t>(beginning(place, place.parts) - from);
      if (const int n = Calls::virtual_free(from, bytes, Calls::mem_release | Calls::mem_preserve_placeholder))
        return n;
    }
    return 0;
  }
  static int map_next(mirror_place& place, void* section) noexcept {
    std::byte* const where = beginning(place, first_half(place) + place.views);
    const int n =
        Calls::map_view(section, where, 0, place.half, Calls::mem_replace_placeholder, Calls::page_read_write).error;
    if (n == 0) ++place.views;
    return n;
  }
  static int release_last(const mirror_place& place) noexcept {
    const unsigned last = place.parts - 1U, from = first_half(place);
    std::byte* const begin = beginning(place, last);
    const bool is_view = last >= from && last < from + place.views;
    return is_view ? Calls::unmap_view(begin, 0) : Calls::virtual_free(begin, 0, Calls::mem_release);
  }
};

}  // namespace quire::backing::detail
