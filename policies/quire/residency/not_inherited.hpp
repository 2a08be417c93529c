#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Absent from child processes (Linux: madvise(MADV_DONTFORK), one call a reservation), so that a fork neither copies
/// page tables nor hands contents on.
struct not_inherited {
  using axis = axes::residency;
  constexpr void wish(attributes& a) const noexcept { a.not_inherited = true; }
};

}  // namespace quire::residency
