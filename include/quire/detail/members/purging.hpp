#pragma once
// What a memory can do besides whose contents the system may take.
#include <cstddef>

#include <quire/detail/members/access.hpp>
#include <quire/error.hpp>
#include <quire/result.hpp>
#include <quire/store/purging.hpp>

namespace quire::detail {

template <class A, class Composition>
class further_members;

template <class A, class Composition, bool Purgeable = (Composition::purge_granule != 0)>
class purging_members {
  purging_members() = default;
  friend class further_members<A, Composition>;
};

template <class A, class Composition>
class purging_members<A, Composition, true> {
  purging_members() = default;
  friend class further_members<A, Composition>;

 public:
  /// From now on the system may take the contents of [offset, offset + bytes), both multiples of `granularity()`,
  /// within `size()`. Until unmark_purgeable nobody reads, writes or protects them: an access may fault, or find
  /// anything. shrink, discard, reset and deallocate may have them; pages that these bring back are not volatile.
  /// Marked again, they stay volatile. Errors: `invalid_argument`, `out_of_range`, `not_supported` (this machine cannot
  /// tell what becomes of contents); a failing call may have marked a part.
  [[nodiscard]] result<void> mark_purgeable(std::size_t offset, std::size_t bytes, volatility order) noexcept {
    A& self = static_cast<A&>(*this);
    auto& region = member_access::region(self);
    if (const auto bad = region.refused_range(offset, bytes, self.size())) return failure(*bad, step::discard);
    if (bytes == 0) return {};
    if (const int n = region.parts.store.mark_purgeable(region.part(offset, bytes), order, region.requested()))
      return member_access::failed(self, {n, step::discard});
    return {};
  }

  /// Contents stay again, as far as they still do: `intact` means all of them. `purged`: some granules read as zero,
  /// and the others hold what they held; who wants to know which asks for each granule. Of pages that were not volatile
  /// it says `intact`. Errors: as mark_purgeable. A failing call may have done a part; if contents are known to be lost
  /// by then, the memory is broken, as nothing else would ever say so.
  [[nodiscard]] result<purge_state> unmark_purgeable(std::size_t offset, std::size_t bytes) noexcept {
    A& self = static_cast<A&>(*this);
    auto& region = member_access::region(self);
    if (const auto bad = region.refused_range(offset, bytes, self.size())) return failure(*bad, step::discard);
    purge_state state = purge_state::intact;
    if (bytes == 0) return state;
    if (const int n = region.parts.store.unmark_purgeable(region.part(offset, bytes), state, region.requested())) {
      return member_access::refused(self, {.native = n, .at = step::discard, .lost = state == purge_state::purged});
    }
    return state;
  }
};

}  // namespace quire::detail
