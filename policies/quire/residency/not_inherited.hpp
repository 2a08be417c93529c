// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Absent from child processes (Linux: madvise(MADV_DONTFORK), one call per reservation), so that a fork neither copies
/// page tables nor passes contents on. A child must not access or destroy the copied object: there its addresses are
/// free, and other mappings may use them. Pool pages are excluded by default (page_size::explicit_huge).
struct not_inherited {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.inheritance = inheritance::excluded; }
};

}  // namespace quire::residency
