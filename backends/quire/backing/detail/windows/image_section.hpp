// SPDX-License-Identifier: BSL-1.0
#pragma once
// Contents of images on Windows: sections of the paging file, which are not written to once they are made.
#include <cstddef>
#include <cstring>
#include <span>

#include <quire/units.hpp>

namespace quire::backing::detail {

/// A base of windows_views.
template <class Calls>
struct windows_sections {
  static constexpr std::size_t view_bytes = Calls::allocation_granularity;                    // of one view
  static constexpr unsigned reserving = Calls::mem_reserve | Calls::mem_reserve_placeholder;  // flags of a placeholder

  /// A handle; null if the system has no placeholders, in which case images are copied.
  struct image_object {
    void* section = nullptr;
  };
  static constexpr std::size_t image_granule() noexcept { return view_bytes; }

  /// VirtualAlloc2 and VirtualFree, which show whether there are placeholders; CreateFileMapping over the paging file,
  /// MapViewOfFile3 and UnmapViewOfFile2.
  static int make_image(std::span<const std::byte> contents, image_object& made) noexcept {
    const auto probe = Calls::virtual_alloc_over(nullptr, view_bytes, reserving, Calls::page_no_access);
    if (probe.error != 0) return 0;
    if (const int n = Calls::virtual_free(probe.address, 0, Calls::mem_release)) return n;
    const std::size_t bytes = align_up(contents.size(), view_bytes);
    void* section = nullptr;
    if (const int n = Calls::create_section(bytes, section)) return n;
    const auto view = Calls::map_view(section, nullptr, 0, bytes, 0, Calls::page_read_write);
    int n = view.error;
    if (n == 0) {
      std::memcpy(view.address, contents.data(), contents.size());
      n = Calls::unmap_view(view.address, 0);
    }
    if (n == 0)
      made.section = section;
    else
      Calls::close_section(section);
    return n;
  }
  /// CloseHandle: views keep their contents.
  static void release_image(image_object made) noexcept {
    if (made.section != nullptr) Calls::close_section(made.section);
  }
};

}  // namespace quire::backing::detail
