#pragma once
// One memory of pages, assembled from a store and five policies: reserved once, grown in place, never moved.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>

#include <quire/composable.hpp>
#include <quire/contract.hpp>
#include <quire/detail/composition.hpp>
#include <quire/detail/members/further.hpp>
#include <quire/detail/region.hpp>
#include <quire/detail/variations.hpp>
#include <quire/limits.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire {

/// What does not go together says so in sentences, and is nothing else.
template <class Backing, class Protection, class Tagging, class PageSize, class Placement,
          class Residency = residency::on_demand>
class page_allocator : detail::composition_in_sentences<Backing, Protection, Tagging, PageSize, Placement, Residency> {
};

/// Owns at most one region; movable, released by the destructor. Distinct objects are independent. On one object const
/// members are safe together, and mutation needs the owner's exclusion.
///
/// A refusal changes nothing: a member that fails leaves the object as it was. Two exceptions: protect and collapse may
/// have done a part, and after a refused shrink or reset pages keep their contents but may have the access that it
/// wanted for them: none, or to read and write. Only where contents are gone although shrink, discard or reset failed,
/// or where pages that a grow added cannot be taken away again, the memory is broken.
///
/// Errors common to all members: `not_allocated` without a region, `broken` (then only deallocate is left), `damaged`
/// where words of the bookkeeping can tell that they were overwritten (then nothing is left).
template <class Backing, class Protection, class Tagging, class PageSize, class Placement, class Residency>
  requires composable<Backing, Protection, Tagging, PageSize, Placement, Residency>
class page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>
    : public detail::variations<Backing, Protection, Tagging, PageSize, Placement, Residency>,
      public detail::further_members<
          page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>,
          detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>> {
  static constexpr std::size_t unit = PageSize::unit;
  using composition = detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>;
  using state = detail::region_state;
  friend detail::member_access;

 public:
  using pages = basic_pages<PageSize::unit>;
  using limits = basic_limits<PageSize::unit>;

  static constexpr contract_t contract = composition::contract;

  /// Whether the constructor takes an argument of this type.
  template <class X>
  static constexpr bool takes = composition::template takes<X>;

  constexpr page_allocator() noexcept
    requires(!composition::holds_data_that_must_be_given)
  {
    region_.limit = region_.parts.limit_among();
  }
  page_allocator(detail::a_policy_or_store_that_holds_data_must_be_given_to_the_constructor = {})
    requires composition::holds_data_that_must_be_given
  = delete;

  /// Takes, in any order and each by its exact type: `limits` or `fixed_limits<N>`, the store, and policies of this
  /// typedef. What holds data must be given.
  template <class... Given>
    requires(sizeof...(Given) > 0 && (!std::is_same_v<Given, page_allocator> && ...))
  constexpr explicit page_allocator(Given... given) noexcept : region_(composition(std::in_place, given...)) {
    static_assert((takes<Given> && ...), "quire: an argument is none of this allocator's limits, store and policies");
    region_.limit = region_.parts.limit_among(given...);
  }

  page_allocator(page_allocator&& other) noexcept { region_.move_from(other.region_); }
  page_allocator& operator=(page_allocator&& other) noexcept {
    if (this != &other) {
      region_.release_best_effort();
      region_.move_from(other.region_);
    }
    return *this;
  }
  ~page_allocator() { region_.release_best_effort(); }

  /// Reserves `maximum` pages (none given: the allocator's limit) and guards, commits `initial`, and returns them.
  /// New pages read as zero. Steps: reserve, configure, commit, populate, lock; a failing one undoes the earlier ones.
  /// Errors: `already_allocated`, `invalid_argument` (maximum below initial), `limit_exceeded`, and those of the steps.
  [[nodiscard]] result<std::span<std::byte>> allocate(pages initial,
                                                      std::optional<pages> maximum = std::nullopt) noexcept {
    return allocate_with(initial, maximum);
  }

  /// Commits `additional` pages behind `current`, which must be the present size; returns the previous size. One call
  /// where nothing is populated or locked. Errors: `size_mismatch`, `limit_exceeded`, and those of the steps.
  /// Inlined by force: next to a system call of 0.9 us, one more return that the processor predicts wrongly is 2 %.
  [[nodiscard]] BOOST_FORCEINLINE result<pages> grow(pages current, pages additional) noexcept {
    std::size_t now = 0, more = 0;
    if (!to_bytes(current, now) || now != region_.size || !to_bytes(additional, more) || !region_.has_room(more))
      return failure(refused_resize(current, errc::limit_exceeded), step::plan);
    if (detail::step_failure why; more != 0 && !region_.commit_more(more, why)) return refused(why);
    return current;
  }
  [[nodiscard]] result<pages> grow(pages additional) noexcept { return grow(size_pages(), additional); }

  /// The mirror of grow: pages beyond the new accessible end fault again, their memory is given back, and all that was
  /// removed reads as zero when it comes back. Errors: `size_mismatch`, `invalid_argument` (more than there is),
  /// `too_many_mappings`, `not_permitted` (pages were sealed, or a filter forbids the calls). Cost on Linux: one call
  /// up to 2 MiB, and those that configure pages which are mapped anew.
  [[nodiscard]] result<pages> shrink(pages current, pages removed) noexcept {
    std::size_t now = 0, less = 0;
    if (region_.state() != state::owned || !to_bytes(current, now) || now != region_.size || !to_bytes(removed, less) ||
        less > now)
      return failure(refused_resize(current, errc::invalid_argument), step::plan);
    if (detail::step_failure why; !region_.decommit_from(region_.parts.accessible_end(now - less), why))
      return refused(why);
    region_.size = now - less;
    return current;
  }
  [[nodiscard]] result<pages> shrink(pages removed) noexcept { return shrink(size_pages(), removed); }

  /// Makes [offset, offset + bytes) read as zero and gives its memory back; access stays. Both are multiples of
  /// `granularity()`, within the accessible end. With hardware tags it clears in place, which keeps the memory, and
  /// takes pages that can be written: others are `not_supported`. Pages that the process locked stay locked. Errors:
  /// `invalid_argument`, `out_of_range`, `not_supported`, `not_permitted` (pages were sealed).
  [[nodiscard]] result<void> discard(std::size_t offset, std::size_t bytes) noexcept
    requires discarding_store<Backing>
  {
    if (const auto bad = region_.refused_range(offset, bytes, region_.accessible()))
      return failure(*bad, step::discard);
    if (bytes == 0) return {};
    const page_run run = region_.part(offset, bytes);
    if (detail::step_failure why; !region_.check_writable(run, why)) return failed(why);
    if (detail::step_failure why; !region_.discard(run, why)) return refused(why);
    return {};
  }

  /// As if freshly allocated with `initial` pages: same base, capacity and attributes; read_write, zero. What is to be
  /// grown is grown first, and pages are made writable, before any contents are given up. Errors: `limit_exceeded`,
  /// `out_of_memory`, `too_many_mappings`, `not_permitted`, `not_supported`.
  [[nodiscard]] result<void> reset(pages initial) noexcept {
    if (region_.state() != state::owned) return failure(region_.refusal(), step::reset);
    std::size_t size = 0;
    if (!to_bytes(initial, size) || size > capacity()) return failure(errc::limit_exceeded, step::reset);
    if (detail::step_failure why; !region_.reset(size, why)) return refused(why);
    return {};
  }

  /// Changes the access of [offset, offset + bytes), both multiples of `granularity()`, within the accessible end;
  /// `access::none` may reach into reserved pages, where nothing happens and nothing is remembered. Contents survive.
  /// Errors: `invalid_argument`, `out_of_range`, `not_supported` (executable, over a store that is not typed for it);
  /// a failing call leaves each page with its old or the requested access.
  [[nodiscard]] result<void> protect(std::size_t offset, std::size_t bytes, access wanted) noexcept
    requires protectable_store<Backing>
  {
    const std::size_t end = region_.accessible();
    if (const auto bad = region_.refused_range(offset, bytes, wanted == access::none ? reserved() : end))
      return failure(*bad, step::protect);
    if (!executable_store<Backing> && is_executable(wanted)) return failure(errc::not_supported, step::protect);
    if (offset >= end || bytes == 0) return {};
    const page_run run = region_.part(offset, std::min(bytes, end - offset));
    if (const int n = region_.parts.store.protect(run, wanted, region_.requested())) return failed({n, step::protect});
    return {};
  }

  /// Makes huge pages of the small ones in [offset, offset + bytes), now: of blocks that lie in it whole and have a
  /// page at all. Errors: `invalid_argument` (no whole block), `out_of_range`, `out_of_memory`, `not_supported` (by
  /// this kernel, or none of the blocks was ever touched).
  [[nodiscard]] result<void> collapse(std::size_t offset, std::size_t bytes) noexcept
    requires collapsing_store<Backing> &&
             requires { typename std::integral_constant<std::size_t, PageSize::collapses_to>; }
  {
    if (const auto bad = region_.refused_range(offset, bytes, region_.accessible()))
      return failure(*bad, step::populate);
    const std::size_t begin = align_up(offset, PageSize::collapses_to);
    const std::size_t end = align_down(offset + bytes, PageSize::collapses_to);
    if (begin >= end) return failure(errc::invalid_argument, step::populate);
    if (const int n = region_.parts.store.collapse(region_.part(begin, end - begin), PageSize::collapses_to))
      return failed({n, step::populate});
    return {};
  }

  /// Releases the whole reservation; then the object can allocate again. `base` is data() and `size` the present size
  /// (of a broken memory any size will do). One call. Errors: `invalid_argument`, `size_mismatch`; where the system
  /// refuses, at its limit of mappings, `too_many_mappings`: still owned, or broken where a part is gone already.
  [[nodiscard]] result<void> deallocate(std::byte* base, std::size_t size) noexcept {
    if (region_.vacant() || region_.damaged()) return failure(region_.refusal(), step::release);
    if (base != region_.base) return failure(errc::invalid_argument, step::release);
    if (size != region_.size && region_.state() != state::broken) return failure(errc::size_mismatch, step::release);
    if (const int n = region_.release()) return failed({n, step::release});
    region_.clear();
    return {};
  }

  /// With its tag, where hardware checks tags.
  [[nodiscard]] std::byte* data() const noexcept { return region_.known_base(); }
  [[nodiscard]] std::size_t size() const noexcept { return region_.known_size(); }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data(), size()}; }
  [[nodiscard]] pages size_pages() const noexcept { return pages{size() / pages::unit}; }
  /// Bytes up to which the memory can grow.
  [[nodiscard]] std::size_t capacity() const noexcept { return region_.known_capacity(); }
  /// Bytes from the base to the guard behind it.
  [[nodiscard]] std::size_t reserved() const noexcept { return region_.placed().reserved; }
  /// Granule in bytes of protect and discard, and the least alignment of the base.
  [[nodiscard]] std::size_t granularity() const noexcept { return region_.parts.granularity(); }
  /// Granule in bytes in which pages come and go.
  [[nodiscard]] std::size_t commit_granule() const noexcept { return region_.parts.commit_granule(); }
  [[nodiscard]] const Backing& backing() const noexcept { return region_.parts.store; }
  /// Which alternative of a first_of acted, or was tried last; from 0, and 0 where the typedef has none.
  [[nodiscard]] std::size_t acting_alternative() const noexcept { return region_.parts.acting(); }
  /// What the policies ask of the store. May point into this object: not to be kept beyond it.
  [[nodiscard]] attributes requested() const noexcept { return region_.requested(); }

  [[nodiscard]] bool contains(const void* p) const noexcept { return region_.distance_to(p) < size(); }
  /// Where an address lies. Reads only this object: a fault handler may call it.
  [[nodiscard]] zone zone_of(const void* p) const noexcept { return region_.zone_of(p); }

 private:
  template <class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE result<std::span<std::byte>> allocate_with(pages initial,
                                                                             std::optional<pages> maximum,
                                                                             Tag... tag) noexcept {
    if (!region_.vacant())
      return failure(region_.state() == state::owned ? errc::already_allocated : region_.refusal(), step::plan);
    if (maximum && *maximum < initial) return failure(errc::invalid_argument, step::plan);
    // Compared as pages, so that no product can overflow.
    const std::uint64_t limit = region_.limit / unit, most = maximum ? maximum->n : limit;
    if (most > limit || most > composition::index_span / unit || initial.n > most)
      return failure(errc::limit_exceeded, step::plan);
    if (!region_.parts.names_nodes()) return failure(errc::invalid_argument, step::plan);
    const auto size = static_cast<std::size_t>(initial.n) * unit, capacity = static_cast<std::size_t>(most) * unit;
    if (detail::step_failure why; !region_.reserve_and_commit(size, capacity, why, tag...)) return failed(why);
    return std::span<std::byte>(data(), size);
  }
  [[nodiscard]] BOOST_NOINLINE errc refused_resize(pages current, errc otherwise) const noexcept {
    if (region_.state() != state::owned) return region_.refusal();
    return current == size_pages() ? otherwise : errc::size_mismatch;
  }
  [[nodiscard]] BOOST_FORCEINLINE static std::unexpected<error> failed(detail::step_failure t) noexcept {
    if constexpr (is_registry<composition::registry>)
      if (t.native == detail::step_failure::no_room) return failure(errc::out_of_memory, t.at);
    if constexpr (commit_diagnosing_store<Backing>)
      if (t.code != detail::step_failure::unknown) return failure(t.code, t.at, t.native);
    return failure(Backing::code_of(t.at, t.native), t.at, t.native);
  }
  /// The memory is as it was, unless a part of it is lost.
  [[nodiscard]] BOOST_FORCEINLINE std::unexpected<error> refused(detail::step_failure t) noexcept {
    if (t.lost) region_.mark_broken();
    return failed(t);
  }

  detail::region<Backing, composition> region_;
};

}  // namespace quire
