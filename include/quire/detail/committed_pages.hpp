// SPDX-License-Identifier: BSL-1.0
#pragma once
// The pages of many regions that are committed: brought and taken through the store and policies of a typedef, and
// charged to its partition.
#include <cstddef>
#include <utility>

#include <quire/access.hpp>
#include <quire/detail/members/access.hpp>
#include <quire/detail/pipeline.hpp>
#include <quire/detail/run_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/store/regions.hpp>

namespace quire::detail {

/// The store of regions: a quota is charged apart from its commits.
template <class S>
struct region_store_of {
  using type = S;
};
template <charging_store S>
struct region_store_of<S> {
  using type = typename S::unadapted;
};
template <class A>
using region_store = typename region_store_of<typename A::backing_type>::type;

/// Functions return whether they succeeded; `why` tells what did not. Before a change there must be room for one more
/// run.
template <class A>
class committed_pages {
 public:
  using composition = typename decltype(member_access::parts_type<A>())::type;
  using store_type = region_store<A>;
  using steps = page_steps<composition::demanded, store_type>;

  template <class... Given>
  explicit committed_pages(const Given&... given) noexcept : parts(std::in_place, given...) {}

  [[nodiscard]] store_type& store() noexcept { return parts.store; }
  [[nodiscard]] steps on(step_failure& why) noexcept { return {store(), requested, why}; }

  [[nodiscard]] bool make_room(std::size_t more, step at, step_failure& why) noexcept {
    if (runs_.make_room(more)) return true;
    why.code = errc::out_of_memory;
    return why.fail(0, at);
  }

  /// Gives pages this access, which is not none, and commits those that were not committed. Committed parts come first:
  /// a gap's mapping becomes one with theirs, and at the limit of mappings it could then not be undone.
  [[nodiscard]] bool commit(page_run run, access wanted, step_failure& why) noexcept {
    const std::size_t before = runs_.bytes_in(run), fresh = run.bytes - before;
    if (const int n = charge(fresh)) return why.fail(n, step::commit);
    if (protect_parts(run, wanted, why) && commit_gaps(run, wanted, why)) {
      bytes_ += fresh;
      runs_.add(run);
      return true;
    }
    const std::size_t left = runs_.bytes_in(run) - before;  // what could not be undone
    bytes_ += left;
    uncharge(fresh - left);
    return false;
  }
  /// Decommits from the first to the last committed page of `run` by one call.
  [[nodiscard]] bool decommit(page_run run, step_failure& why) noexcept {
    const page_run all = runs_.hull(run);
    if (all.bytes == 0) return true;
    if (!on(why).give_up(all)) return false;
    forget(all);
    return true;
  }
  /// The pages are released.
  void forget(page_run run) noexcept {
    const std::size_t bytes = runs_.bytes_in(run);
    bytes_ -= bytes;
    uncharge(bytes);
    runs_.remove(run);
  }

  [[nodiscard]] bool contains(page_run run) const noexcept { return runs_.contains(run); }
  [[nodiscard]] page_run hull(page_run run) const noexcept { return runs_.hull(run); }
  /// Of all regions.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  composition parts;
  const attributes requested = parts.requested();

 private:
  using backing = typename A::backing_type;

  /// Calls f(part) for each committed part of `run`; stops when it returns false.
  template <class F>
  [[nodiscard]] bool for_each_part(page_run run, F f) const noexcept {
    for (page_run part = runs_.first_part(run); part.bytes != 0; part = runs_.first_part(run)) {
      if (!f(part)) return false;
      run = run_set::behind(part, run);
    }
    return true;
  }
  [[nodiscard]] bool protect_parts([[maybe_unused]] page_run run, [[maybe_unused]] access wanted,
                                   [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (protectable_store<store_type>)
      return for_each_part(run, [&](page_run part) {
        const int n = store().protect(part, wanted, requested);
        return n == 0 || why.fail(n, step::protect);
      });
    return true;
  }
  /// Commits what is not committed yet: all of it or, if that fails, nothing.
  [[nodiscard]] bool commit_gaps(page_run run, access wanted, step_failure& why) noexcept {
    page_run rest = run;
    for (page_run gap = runs_.first_gap(rest); gap.bytes != 0; gap = runs_.first_gap(rest)) {
      if (!commit_gap(gap, wanted, why)) {
        undo_gaps({run.base, static_cast<std::size_t>(gap.base - run.base)});
        return false;
      }
      rest = run_set::behind(gap, rest);
    }
    return true;
  }
  [[nodiscard]] bool commit_gap(page_run gap, access wanted, step_failure& why) noexcept {
    if (!on(why).assure(gap)) return false;
    if (!on(why).commit_and_prepare(gap)) {
      if (on(why).try_revert(gap)) return false;
      on(why).diagnose(gap);
      undo_gap(gap);
      return false;
    }
    if constexpr (protectable_store<store_type>)
      if (wanted != access::read_write)
        if (const int n = store().protect(gap, wanted, requested)) {
          undo_gap(gap);
          return why.fail(n, step::protect);
        }
    return true;
  }
  void undo_gaps(page_run run) noexcept {
    for (page_run gap = runs_.first_gap(run); gap.bytes != 0; gap = runs_.first_gap(run)) {
      run = run_set::behind(gap, run);
      undo_gap(gap);
    }
  }
  /// Pages that cannot be decommitted stay committed. They fill a gap, so that the set, in which there is room for one
  /// more run, does not outgrow its room.
  void undo_gap(page_run gap) noexcept {
    if (step_failure ignored; !on(ignored).decommit(gap)) runs_.add(gap);
  }

  [[nodiscard]] int charge([[maybe_unused]] std::size_t bytes) noexcept {
    if constexpr (charging_store<backing>) return parts.store.charge(bytes);
    return 0;
  }
  void uncharge([[maybe_unused]] std::size_t bytes) noexcept {
    if constexpr (charging_store<backing>) parts.store.uncharge(bytes);
  }

  run_set runs_;
  std::size_t bytes_ = 0;
};

}  // namespace quire::detail
