// SPDX-License-Identifier: BSL-1.0
#pragma once
// Arithmetic on runs of pages, for memories that consist of several parts.
#include <algorithm>
#include <cstddef>

#include <quire/store.hpp>

namespace quire::detail {

/// The intersection of both runs. If it is empty, `bytes` is 0 and the base has no meaning.
[[nodiscard]] inline page_run common(page_run a, page_run b) noexcept {
  std::byte* const from = std::max(a.base, b.base);
  std::byte* const to = std::min(a.base + a.bytes, b.base + b.bytes);
  return {from, from < to ? static_cast<std::size_t>(to - from) : 0};
}

/// The smallest run that contains both.
[[nodiscard]] inline page_run hull(page_run a, page_run b) noexcept {
  if (a.bytes == 0 || b.bytes == 0) return a.bytes == 0 ? b : a;
  std::byte* const from = std::min(a.base, b.base);
  std::byte* const to = std::max(a.base + a.bytes, b.base + b.bytes);
  return {from, static_cast<std::size_t>(to - from)};
}

/// Calls f(part) for the parts of `r` before and behind `hole`, which lies in `r`; stops when f does not return 0.
template <class F>
int around(page_run r, page_run hole, F f) noexcept {
  const page_run before{r.base, static_cast<std::size_t>(hole.base - r.base)};
  const page_run after{hole.base + hole.bytes, r.bytes - before.bytes - hole.bytes};
  if (before.bytes != 0)
    if (const int n = f(before)) return n;
  return after.bytes != 0 ? f(after) : 0;
}

}  // namespace quire::detail
