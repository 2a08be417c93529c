// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>

#include <quire/policy.hpp>
#include <quire/units.hpp>

namespace quire::residency {

/// Memory whose contents the system may take while `mark_purgeable` marks them volatile; `unmark_purgeable` reports
/// whether they survived (docs/purgeable.md). `Granule`, a power of two in bytes and at most a page of the interface,
/// is purged as a whole and is also the granule of access changes. Requires a store that can tell whether contents
/// survived. Costs only the calls of these two members and, on macOS, a call for each granule that is committed or
/// discarded.
template <std::size_t Granule = 64_KiB>
struct purgeable {
  static_assert(std::has_single_bit(Granule), "quire: a purgeable granule is a power of two");
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.purge_granule = Granule; }
  static constexpr void shape(geometry& g) noexcept {
    g.want_blocks(Granule, Granule);
    g.want_alignment(Granule);
  }
};

}  // namespace quire::residency
