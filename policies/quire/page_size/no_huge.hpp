// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::page_size {

/// Never huge pages, even if the system gives them by default: no fault has the latency of clearing or collapsing 2
/// MiB. One call per reservation (Linux: madvise(MADV_NOHUGEPAGE)).
struct no_huge {
  using axis = axes::page_size;
  static constexpr std::size_t unit = 65536;
  constexpr void request(attributes& a) const noexcept { a.huge = huge_request::never; }
  static constexpr void shape(geometry&) noexcept {}
};

}  // namespace quire::page_size
