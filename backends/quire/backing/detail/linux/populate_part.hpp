// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux: brings in pages of any contents.
#include <algorithm>
#include <cstddef>

#include <quire/backing/detail/common/touch_pages.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/mapping_access.hpp>

namespace quire::backing::detail {

/// Before Linux 5.14: touches pages up to the first that is not writable, where a touch would raise a signal.
template <class Calls>
[[nodiscard]] int touch_writable_pages(page_run r, std::size_t& done) noexcept {
  int refused = 0;
  const bool told = quire::detail::for_each_access<Calls>(r, [&](page_run part, int protection) {
    if ((protection & Calls::prot_write) == 0) refused = Calls::no_access;
    if (refused != 0) return false;
    touch_pages(part, Calls::page_bytes());
    done += part.bytes;
    return true;
  });
  return told ? refused : Calls::unsupported;
}

/// One call per `chunk`, so that threads which change mappings come in between. EINVAL is the answer of a kernel that
/// does not know the advice, and of one that does if a page is not writable; an empty range tells them apart.
template <class Calls>
[[nodiscard]] int populate_part(page_run r, std::size_t chunk, std::size_t& done) noexcept {
  for (done = 0; done < r.bytes;) {
    const page_run part{r.base + done, std::min(chunk, r.bytes - done)};
    const int n = Calls::madvise(part.base, part.bytes, Calls::advice_populate_write);
    if (n == Calls::invalid && Calls::madvise(part.base, 0, Calls::advice_populate_write) == Calls::invalid)
      return touch_writable_pages<Calls>({part.base, r.bytes - done}, done);
    if (n != 0) return n == Calls::invalid ? Calls::no_access : n;
    done += part.bytes;
  }
  return 0;
}

}  // namespace quire::backing::detail
