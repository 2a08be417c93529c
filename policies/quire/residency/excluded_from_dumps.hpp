#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Left out of core dumps (Linux: madvise(MADV_DONTDUMP), one call a reservation).
struct excluded_from_dumps {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.excluded_from_dumps = true; }
};

}  // namespace quire::residency
