#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// Absent from child processes (Linux: madvise(MADV_DONTFORK), one call a reservation), so that a fork neither copies
/// page tables nor hands contents on. A child may not touch or destroy the copied object: its addresses are free there,
/// and may be somebody else's. Pages of a pool are excluded without being asked to be (page_size::explicit_huge).
struct not_inherited {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.inheritance = inheritance::excluded; }
};

}  // namespace quire::residency
