// SPDX-License-Identifier: BSL-1.0
#pragma once
// Additional members of a memory whose contents the system may take.
#include <cstddef>

#include <quire/detail/members/access.hpp>
#include <quire/error.hpp>
#include <quire/result.hpp>
#include <quire/store/purging.hpp>

namespace quire::detail {

template <class A, class Composition>
class purging_members {
  purging_members() = default;
  friend A;

 public:
  /// Marks [offset, offset + bytes) volatile: the system may take its contents from now on. Both are multiples of
  /// `granularity()`, and the range lies within `size()`. Until unmark_purgeable no thread may read, write or protect
  /// it: an access may fault or find arbitrary contents. shrink, discard, reset and deallocate accept volatile pages
  /// and end that state. Pages that are marked again stay volatile. A failing call may have marked a part. Cost: one
  /// call on Windows, one per granule on macOS. Errors: `invalid_argument`, `out_of_range`, `not_supported` (this
  /// machine cannot tell what becomes of contents).
  [[nodiscard]] result<void> mark_purgeable(std::size_t offset, std::size_t bytes, volatility order) noexcept
    requires(Composition::purge_granule != 0)
  {
    A& self = static_cast<A&>(*this);
    auto& region = member_access::region(self);
    if (const auto bad = region.refused_range(offset, bytes, self.size())) return failure(*bad, step::discard);
    if (bytes == 0) return {};
    if (const int n = region.parts.store.mark_purgeable(region.part(offset, bytes), order, region.requested()))
      return member_access::refused(self, {n, step::discard});
    return {};
  }

  /// Ends the volatile state of [offset, offset + bytes) and returns whether contents survived. `intact`: all did, or
  /// the pages were not volatile. `purged`: some granules read as zero, and the others are unchanged; calls for single
  /// granules tell which. A failing call may have done a part; if contents are known to be lost by then, the memory is
  /// broken, because no later call could report it. Cost: one call per granule, and on Windows two more for each that
  /// was purged. Errors: as mark_purgeable.
  [[nodiscard]] result<purge_state> unmark_purgeable(std::size_t offset, std::size_t bytes) noexcept
    requires(Composition::purge_granule != 0)
  {
    A& self = static_cast<A&>(*this);
    auto& region = member_access::region(self);
    if (const auto bad = region.refused_range(offset, bytes, self.size())) return failure(*bad, step::discard);
    purge_state state = purge_state::intact;
    if (bytes == 0) return state;
    if (const int n = region.parts.store.unmark_purgeable(region.part(offset, bytes), state, region.requested()))
      return member_access::refused(self, {.native = n, .at = step::discard, .lost = state == purge_state::purged});
    return state;
  }
};

}  // namespace quire::detail
