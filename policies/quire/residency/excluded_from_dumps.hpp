// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Excluded from core dumps (Linux: madvise(MADV_DONTDUMP), one call per reservation).
struct excluded_from_dumps {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.excluded_from_dumps = true; }
};

}  // namespace quire::residency
