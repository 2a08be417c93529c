// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images on Windows: a section that memories map as copy-on-write views. A view can only be unmapped whole, so each
// granule of an image is a view of its own, in place of a placeholder that remains when it is unmapped.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <type_traits>

#include <quire/backing/detail/windows/image_section.hpp>
#include <quire/backing/detail/windows/page_access.hpp>
#include <quire/backing/windows_virtual.hpp>
#include <quire/detail/page_ranges.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/units.hpp>

namespace quire::backing {

/// For memories that may start from images: nine words. Memories without an image, or with a copied one, are those of
/// windows_virtual, and make the same calls. The others are several reservations:
///
///     [before the image][granule][granule]...[behind the image]
///
/// The parts around the image are ordinary. Granules of the image are in this order: views, among which discarded ones
/// are private pages; private pages; placeholders. Pages are committed and decommitted at the end of the committed
/// part. An image is copied instead if the pages of its memory are committed by less than a granule, are locked,
/// populated, purgeable or on a preferred node, if the base has an alignment beyond the system's own, and where the
/// system has no placeholders.
template <class Calls = calls::windows>
struct windows_views : windows_virtual<Calls>, detail::windows_sections<Calls> {
  /// The store of memories without an image.
  using plain = windows_virtual<Calls>;
  /// The calls that make images.
  using sections = detail::windows_sections<Calls>;
  using sections::view_bytes;
  using typename sections::image_object;
  static constexpr bool must_be_given = false;  // it determines its members itself

  void expect_image(image_object image, std::size_t offset, std::size_t bytes) noexcept {
    *this = windows_views{};
    offset_ = offset;
    if (image.section != nullptr) bytes_ = align_up(bytes, view_bytes);
  }
  [[nodiscard]] bool expects_image() const noexcept { return bytes_ != 0; }

  /// VirtualAlloc2 if an image is expected: one placeholder.
  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t alignment,
                                        const attributes& requested) noexcept {
    if (bytes_ != 0 && !suits(alignment, requested)) bytes_ = 0;
    if (bytes_ == 0) return plain::reserve(bytes, alignment, requested);
    const auto got = Calls::virtual_alloc_over(nullptr, bytes, sections::reserving, Calls::page_no_access);
    whole_ = {static_cast<std::byte*>(got.address), bytes};
    return {whole_.base, got.error};
  }
  /// VirtualFree(MEM_PRESERVE_PLACEHOLDER) for each cut. The parts around the image are replaced by reservations.
  int place_image(std::byte* base) noexcept {
    if (bytes_ == 0) return 0;
    begin_ = base + offset_;
    const std::size_t before = this->before(), end = before + bytes_;
    if (before != 0)
      if (const int n = cut(before)) return n;
    while (cut_ != end)
      if (const int n = cut(view_bytes)) return n;
    constexpr unsigned type = Calls::mem_reserve | Calls::mem_replace_placeholder;
    return quire::detail::around(whole_, image(), [](page_run part) noexcept {
      return Calls::virtual_alloc_over(part.base, part.bytes, type, Calls::page_no_access).error;
    });
  }

  /// Within the image VirtualAlloc2, one call per granule, in place of its placeholder.
  BOOST_FORCEINLINE int commit(page_run r, const attributes& requested) noexcept {
    if (bytes_ == 0) return plain::commit(r, requested);
    return for_each_part(
        r, [&](page_run part) noexcept { return lies_in_image(part) ? fill(part) : plain::commit(part, requested); });
  }
  /// Within the image UnmapViewOfFile2, or VirtualFree of private pages, one call per granule: placeholders remain.
  BOOST_FORCEINLINE outcome decommit(page_run r, const attributes& requested) noexcept {
    if (bytes_ == 0) return plain::decommit(r, requested);
    outcome all;
    if (const page_run inside = quire::detail::common(r, image()); inside.bytes != 0)
      if (all.add(vacate(static_cast<std::size_t>(inside.base - begin_))) != 0) return all;
    return in_parts(r, all, [&](page_run part) noexcept {
      return lies_in_image(part) ? outcome{} : plain::decommit(part, requested);
    });
  }
  /// One call for each part, starting at the end.
  BOOST_FORCEINLINE int release(page_run whole, page_run accessible, const attributes& requested) noexcept {
    if (bytes_ == 0) return plain::release(whole, accessible, requested);
    while (whole_.bytes != 0)
      if (const int n = release_last_part()) return n;
    *this = windows_views{};
    return 0;
  }
  [[nodiscard]] bool half_released() const noexcept { return released_; }

  /// VirtualProtect for each part. Writable pages of a view are copied on write.
  BOOST_FORCEINLINE int protect(page_run r, access wanted, const attributes& requested) noexcept {
    if (bytes_ == 0) return plain::protect(r, wanted, requested);
    return for_each_part(r, [&](page_run part) noexcept {
      detail::granule_kind kind{};
      if (const int n = look_at(part.base, kind)) return n;
      if (kind != detail::granule_kind::view || wanted != access::read_write)
        return plain::protect(part, wanted, requested);
      return Calls::virtual_protect(part.base, part.bytes, Calls::page_write_copy);
    });
  }
  /// Does not apply to views, which clear_image handles.
  outcome discard(page_run r, const attributes& requested) noexcept {
    if (bytes_ == 0) return plain::discard(r, requested);
    return in_parts(r, {}, [&](page_run part) noexcept { return plain::discard(part, requested); });
  }

  /// MapViewOfFile3, one call per granule.
  int map_image(page_run r, image_object from, std::size_t offset, const attributes&) noexcept {
    for (std::size_t done = 0; done != r.bytes; done += view_bytes) {
      const auto got = Calls::map_view(from.section, r.base + done, offset + done, view_bytes,
                                       Calls::mem_replace_placeholder, Calls::page_write_copy);
      if (got.error != 0) return got.error;
      views_ = filled_ = offset + done + view_bytes;
    }
    return 0;
  }
  outcome unmap_image(page_run r, const attributes&) noexcept {
    return vacate(static_cast<std::size_t>(r.base - begin_));
  }
  outcome remap_image(page_run r, image_object from, std::size_t offset, const attributes& requested) noexcept {
    if (const outcome done = unmap_image(r, requested); done.native != 0) return done;
    return {map_image(r, from, offset, requested), true};
  }
  static constexpr int may_clear_image(page_run, bool) noexcept { return 0; }
  /// Whole granules become private pages: UnmapViewOfFile2, VirtualAlloc2. Parts of a granule are cleared in place: no
  /// system call if they are writable, otherwise VirtualProtect twice. Unless `open`, VirtualQuery reports their
  /// access.
  outcome clear_image(page_run r, bool open, const attributes& requested) noexcept {
    return in_parts(r, {}, [&](page_run part) noexcept -> outcome {
      detail::granule_kind kind{};
      if (const int n = look_at(part.base, kind)) return n;
      if (kind != detail::granule_kind::view) return plain::discard(part, requested);
      bool begun = false;
      if (part.bytes == view_bytes) return {renew_granule(part, open, begun), begun};
      const int n = detail::for_each_access<Calls>(part, [&](page_run alike, unsigned protection) noexcept {
        return detail::clear_view<Calls>(alike, protection, begun);
      });
      return {n, begun};
    });
  }

 private:
  [[nodiscard]] static bool suits(std::size_t alignment, const attributes& requested) noexcept {
    return alignment <= view_bytes && requested.numa.mode == numa_mode::anywhere &&
           requested.population != population::eager && !requested.locked;
  }
  [[nodiscard]] page_run image() const noexcept { return {begin_, bytes_}; }
  [[nodiscard]] std::size_t before() const noexcept { return static_cast<std::size_t>(begin_ - whole_.base); }
  [[nodiscard]] bool lies_in_image(page_run part) const noexcept {
    return part.base >= begin_ && part.base < begin_ + bytes_;
  }
  /// VirtualQuery, if there are private pages among the views. It also finds a placeholder, if no memory was left for a
  /// granule that was being renewed.
  int look_at(const std::byte* p, detail::granule_kind& kind) const noexcept {
    const bool among_views = p >= begin_ && p < begin_ + views_;
    kind = among_views ? detail::granule_kind::view : detail::granule_kind::pages;
    return among_views && mixed_ ? detail::find_kind<Calls>(p, kind) : 0;
  }

  /// Calls f(run) for the part of each reservation that lies in `r`; stops when f does not return 0.
  template <class F>
  int for_each_part(page_run r, F f) const noexcept {
    r = quire::detail::common(r, whole_);
    std::byte* const end = r.base + r.bytes;
    for (std::byte* p = r.base; p < end;) {
      std::byte* to = end;
      if (p < begin_)
        to = begin_;
      else if (p < begin_ + bytes_)
        to = begin_ + align_down(static_cast<std::size_t>(p - begin_), view_bytes) + view_bytes;
      to = std::min(to, end);
      if (const int n = f(page_run{p, static_cast<std::size_t>(to - p)})) return n;
      p = to;
    }
    return 0;
  }

  /// Does the same for operations that take contents away.
  template <class F>
  outcome in_parts(page_run r, outcome before, F f) const noexcept {
    (void)for_each_part(r, [&](page_run part) noexcept { return before.add(f(part)); });
    return before;
  }

  /// Makes the bytes after the last cut a part of their own; at the end they may be one already.
  int cut(std::size_t bytes) noexcept {
    if (cut_ + bytes != whole_.bytes)
      if (const int n = Calls::virtual_free(whole_.base + cut_, bytes, preserving)) return n;
    cut_ += bytes;
    return 0;
  }
  int fill(page_run part) noexcept {
    const auto at = static_cast<std::size_t>(part.base - begin_);
    if (at < filled_) return 0;
    const int n = Calls::virtual_alloc_over(part.base, view_bytes, filling, Calls::page_read_write).error;
    if (n == 0) filled_ = at + view_bytes;
    return n;
  }
  /// Leaves placeholders from `end` on, an offset in the image.
  outcome vacate(std::size_t end) noexcept {
    for (bool begun = false; filled_ > end; begun = true) {
      std::byte* const last = begin_ + filled_ - view_bytes;
      detail::granule_kind kind{};
      if (const int n = look_at(last, kind)) return {n, begun};
      if (const int n = detail::vacate_granule<Calls>({last, view_bytes}, kind)) return {n, begun};
      forget_from(last);
    }
    return {};
  }
  int release_last_part() noexcept {
    const std::size_t from = cut_ < whole_.bytes ? cut_ : begin_ != nullptr && cut_ > before() ? cut_ - view_bytes : 0;
    std::byte* const last = whole_.base + from;
    detail::granule_kind kind{};
    if (const int n = look_at(last, kind)) return n;
    const bool is_view = kind == detail::granule_kind::view;
    if (const int n = is_view ? Calls::unmap_view(last, 0) : Calls::virtual_free(last, 0, Calls::mem_release)) return n;
    released_ = true;
    whole_.bytes = from;
    cut_ = std::min(cut_, from);
    forget_from(last);
    return 0;
  }
  void forget_from(const std::byte* p) noexcept {
    const std::size_t left = p > begin_ ? static_cast<std::size_t>(p - begin_) : 0;
    filled_ = std::min(filled_, left);
    views_ = std::min(views_, left);
    mixed_ = mixed_ && views_ != 0;
  }
  int renew_granule(page_run granule, bool open, bool& begun) noexcept {
    detail::granule_access<Calls> access(plain::page_bytes());
    if (!open)
      if (const int n = access.read(granule)) return n;
    if (const int n = Calls::unmap_view(granule.base, Calls::mem_preserve_placeholder)) return n;
    begun = mixed_ = true;
    const int n = Calls::virtual_alloc_over(granule.base, view_bytes, filling, Calls::page_read_write).error;
    return n != 0 ? n : access.restore(granule);
  }

  static constexpr unsigned preserving = Calls::mem_release | Calls::mem_preserve_placeholder;
  static constexpr unsigned filling = Calls::mem_reserve | Calls::mem_commit | Calls::mem_replace_placeholder;

  page_run whole_{nullptr, 0};          // the part that is not released yet
  std::byte* begin_ = nullptr;          // beginning of the image; null until the first commit
  std::size_t offset_ = 0, bytes_ = 0;  // offset of the image in the memory, and its whole granules; 0 bytes: none
  std::size_t cut_ = 0;                 // bytes of the reservation that are split into parts; the last part follows
  std::size_t views_ = 0, filled_ = 0;  // bytes of the image that are views; that are views or private pages
  bool mixed_ = false;                  // some granules that were views are private pages
  bool released_ = false;
};

}  // namespace quire::backing

namespace quire {

template <class Calls>
struct imaging_store<backing::windows_virtual<Calls, execution::refused>>
    : std::type_identity<backing::windows_views<Calls>> {};

}  // namespace quire
