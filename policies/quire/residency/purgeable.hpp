#pragma once
#include <bit>
#include <cstddef>

#include <quire/policy.hpp>
#include <quire/units.hpp>

namespace quire::residency {

/// Memory whose contents the system may take while it is marked volatile: `mark_purgeable` and `unmark_purgeable`,
/// which tells whether they are still there (docs/purgeable.md). `Granule`, a power of two in bytes and no more than a
/// page of the interface, is what is taken as a whole; access changes by it too. Over stores that can tell the truth
/// about contents. No cost but for the calls of the two, and on macOS a
/// call for each granule that is committed or discarded.
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
