// SPDX-License-Identifier: BSL-1.0
#pragma once
// The access of pages on Windows, queried run by run, and how contents are dropped while access stays.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include <quire/store.hpp>

namespace quire::backing::detail {

/// Calls f(run, protection) for each run of pages with equal attributes; stops when f does not return 0.
template <class Calls, class F>
int for_each_access(page_run r, F f) noexcept {
  for (std::size_t done = 0; done < r.bytes;) {
    typename Calls::memory_region here{};
    if (const int n = Calls::virtual_query(r.base + done, here)) return n;
    const page_run alike{r.base + done, std::min(here.bytes, r.bytes - done)};
    if (const int n = f(alike, here.protection)) return n;
    done += alike.bytes;
  }
  return 0;
}

/// Clears pages of a view in place: no system call if they are writable, otherwise VirtualProtect twice.
template <class Calls>
int clear_view(page_run r, unsigned protection, bool& begun) noexcept {
  const bool open = protection == Calls::page_write_copy || protection == Calls::page_read_write;
  if (!open)
    if (const int n = Calls::virtual_protect(r.base, r.bytes, Calls::page_write_copy)) return n;
  begun = true;
  std::memset(r.base, 0, r.bytes);
  return open ? 0 : Calls::virtual_protect(r.base, r.bytes, protection);
}

/// What occupies the place of one view.
enum class granule_kind : unsigned char { view, pages, placeholder };

template <class Calls>
int find_kind(const std::byte* p, granule_kind& kind) noexcept {
  typename Calls::memory_region here{};
  if (const int n = Calls::virtual_query(p, here)) return n;
  kind = here.state != Calls::mem_commit  ? granule_kind::placeholder
         : here.kind == Calls::mem_mapped ? granule_kind::view
                                          : granule_kind::pages;
  return 0;
}

/// Leaves a placeholder.
template <class Calls>
int vacate_granule(page_run granule, granule_kind kind) noexcept {
  switch (kind) {
    case granule_kind::view: return Calls::unmap_view(granule.base, Calls::mem_preserve_placeholder);
    case granule_kind::pages:
      return Calls::virtual_free(granule.base, granule.bytes, Calls::mem_release | Calls::mem_preserve_placeholder);
    default: return 0;
  }
}

/// The access of the pages of one granule, saved while other pages take their place.
template <class Calls>
class granule_access {
  static constexpr std::size_t smallest_page = 4096;

 public:
  explicit granule_access(std::size_t page_bytes) noexcept : page_(page_bytes) {}

  int read(page_run granule) noexcept {
    return for_each_access<Calls>(granule, [&](page_run alike, unsigned protection) noexcept {
      const auto from = static_cast<std::size_t>(alike.base - granule.base) / page_;
      std::fill_n(closed_ + from, alike.bytes / page_, protection == Calls::page_write_copy ? 0 : protection);
      return 0;
    });
  }
  /// Precondition: the pages are readable and writable.
  int restore(page_run granule) const noexcept {
    for (std::size_t i = 0; i != granule.bytes / page_; ++i)
      if (closed_[i] != 0)
        if (const int n = Calls::virtual_protect(granule.base + i * page_, page_, closed_[i])) return n;
    return 0;
  }

 private:
  std::size_t page_;
  unsigned closed_[Calls::allocation_granularity / smallest_page]{};  // 0: readable and writable
};

}  // namespace quire::backing::detail
