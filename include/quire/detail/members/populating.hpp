// SPDX-License-Identifier: BSL-1.0
#pragma once
// An additional member of a memory whose pages come when they are touched.
#include <cstddef>

#include <quire/capabilities.hpp>
#include <quire/detail/members/access.hpp>
#include <quire/error.hpp>
#include <quire/result.hpp>
#include <quire/store/populating.hpp>

namespace quire::detail {

template <class A, class Composition>
class populating_members {
  populating_members() = default;
  friend A;
  using store = typename Composition::store_type;

  // Discard takes pages of a pool from it again, and clears tagged pages in place.
  static constexpr bool are_always_there =
      Composition::demanded.template has<capability::huge_pool>() || Composition::has_hardware_tags;

 public:
  /// Brings the pages of [offset, offset + bytes) into memory, as far as they are not there; contents stay. Both are
  /// multiples of `granularity()`, and the range lies within the accessible end. Several threads may call it at once,
  /// for different parts or the same one, while others use the memory. Placement, huge pages and locking are those of
  /// the typedef; pages of a mapped image become the memory's own. `done` receives how many bytes from `offset` on are
  /// in memory, also if it fails; a failing call may have brought in more. Errors: `invalid_argument`, `out_of_range`,
  /// `out_of_memory` (also: the program has unmapped a page), `not_permitted` (a page is not writable),
  /// `not_supported`, `system`. No system call if the typedef's pages are always there. Cost on Linux: one madvise per
  /// 2 MiB, and where the typedef is `assured` the readings of allocate. Elsewhere: a query for each run of pages with
  /// one access, and a write to each page of the word that it holds.
  [[nodiscard]] result<void> populate(std::size_t offset, std::size_t bytes, std::size_t* done = nullptr) const noexcept
    requires(part_populating_store<store> && Composition::purge_granule == 0)
  {
    const auto& region = member_access::region(static_cast<const A&>(*this));
    if (done != nullptr) *done = 0;
    if (const auto bad = region.refused_range(offset, bytes, region.accessible())) return failure(*bad, step::populate);
    std::size_t there = bytes;
    const int n = bytes == 0 || are_always_there ? 0 : bring(region, region.part(offset, bytes), there);
    if (done != nullptr) *done = there;
    if (n != 0) return failure(store::code_of(step::populate, n), step::populate, n);
    return {};
  }

 private:
  [[nodiscard]] static int bring(const auto& region, page_run run, std::size_t& done) noexcept {
    const store& from = region.parts.store;
    const attributes requested = region.requested();
    done = 0;
    if constexpr (Composition::demanded.template has<capability::assurance>())
      if (const int n = from.recheck_headroom(run, requested)) return n;
    return from.populate_part(run, requested, done);
  }
};

/// Whether an allocator has the member.
template <class A>
concept populates_parts = requires(const A& a) { a.populate(std::size_t{}, std::size_t{}); };

}  // namespace quire::detail
