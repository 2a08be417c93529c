// SPDX-License-Identifier: BSL-1.0
#pragma once
// A memory: a region of pages assembled from a store and five policies, reserved once, grown in place, never moved.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include <quire/composable.hpp>
#include <quire/contract.hpp>
#include <quire/detail/composition.hpp>
#include <quire/detail/growth.hpp>
#include <quire/detail/members/images.hpp>
#include <quire/detail/members/populating.hpp>
#include <quire/detail/members/purging.hpp>
#include <quire/detail/members/recycling.hpp>
#include <quire/detail/members/tagging.hpp>
#include <quire/detail/region.hpp>
#include <quire/detail/variations.hpp>
#include <quire/limits.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire {

/// The primary template stands for parts that do not form a valid typedef: it has no members, and its base reports each
/// reason in a static_assert message.
template <class Backing, class Protection, class Tagging, class PageSize, class Placement,
          class Residency = residency::on_demand>
class page_allocator : detail::composition_in_sentences<Backing, Protection, Tagging, PageSize, Placement, Residency> {
};

/// Owns at most one region. Movable; the destructor releases the region. Distinct objects are independent. On one
/// object const members may be called concurrently; any other member needs exclusive access.
///
/// A member that fails leaves the object as it was, with two exceptions. A failed protect or collapse may have changed
/// a part of its pages. After a failed shrink or reset, pages keep their contents but may already have the access that
/// the operation gives them: none, or read_write. The memory is broken only if shrink, discard, reset or
/// unmark_purgeable fails after contents are lost, if pages that a failed grow committed cannot be decommitted, or if
/// deallocate releases only a part.
///
/// Errors common to all members: `not_allocated` without a region, `broken` (only deallocate is left), `damaged` if a
/// self-checking word of the bookkeeping was overwritten (no member works any more).
template <class Backing, class Protection, class Tagging, class PageSize, class Placement, class Residency>
  requires composable<Backing, Protection, Tagging, PageSize, Placement, Residency>
class page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>
    : public detail::variations<Backing, Protection, Tagging, PageSize, Placement, Residency>,
      public detail::tagging_members<page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>,
                                     detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>>,
      public detail::purging_members<page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>,
                                     detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>>,
      public detail::image_members<page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>,
                                   detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>>,
      public detail::populating_members<
          page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>,
          detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>>,
      public detail::recycling_members<page_allocator<Backing, Protection, Tagging, PageSize, Placement, Residency>,
                                       Backing> {
  static constexpr std::size_t unit = PageSize::unit;
  using composition = detail::composition<Backing, Protection, Tagging, PageSize, Placement, Residency>;
  using state = detail::region_state;
  friend detail::member_access;

 public:
  /// A number of pages of this typedef: 64 KiB each, unless its page size says otherwise.
  using pages = basic_pages<PageSize::unit>;
  /// The argument of the constructor that sets `limit()`.
  using limits = basic_limits<PageSize::unit>;

  /// What holds for every object of this typedef, as lower bounds.
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

  /// The layout, in bytes, of the reservation that `allocate` makes for `maximum` pages, which are within the limits.
  [[nodiscard]] static constexpr layout plan(pages maximum) noexcept {
    std::size_t bytes = 0;
    return composition::plan(to_bytes(maximum, bytes) ? std::min(bytes, composition::plannable)
                                                      : composition::plannable);
  }

  /// Takes, in any order and each by its exact type: `limits` or `fixed_limits<N>`, the store, and policies of this
  /// typedef. A store or policy that holds data must be given.
  template <class... Given>
    requires(sizeof...(Given) > 0 && ((takes<Given> || plain_value<Given>) && ...))
  constexpr explicit page_allocator(Given... given) noexcept : region_(composition(std::in_place, given...)) {
    static_assert((takes<Given> && ...), "quire: an argument is none of this allocator's limits, store and policies");
    region_.limit = region_.parts.limit_among(given...);
  }

  /// For quire::fallback: an allocator without a region.
  constexpr page_allocator(detail::from_parts, const composition& parts, std::size_t limit) noexcept : region_(parts) {
    region_.limit = limit;
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

  /// Reserves `maximum` pages (default: the allocator's limit) and guards, commits `initial` pages, and returns those.
  /// New pages read as zero. Steps: reserve, configure, commit, populate, lock; if one fails, the earlier ones are
  /// undone. Cost on Linux: one mmap and one mprotect, plus the calls of the policies. Errors: `already_allocated`,
  /// `invalid_argument` (maximum below initial, or no valid NUMA node), `limit_exceeded`, `out_of_address_space`,
  /// `out_of_memory`, `too_many_mappings`, `not_permitted`, `not_supported`, `system`.
  [[nodiscard]] result<std::span<std::byte>> allocate(pages initial,
                                                      std::optional<pages> maximum = std::nullopt) noexcept {
    return allocate_with(initial, maximum);
  }

  /// Commits `additional` pages behind `current`, which must be the present size; returns the previous size. New pages
  /// read as zero. Cost on Linux: one mprotect, and those calls of the policies that populate, lock or tag. Errors:
  /// `size_mismatch`, `limit_exceeded`, `out_of_memory`, `too_many_mappings`, `not_permitted`, `not_supported`,
  /// `system`.
  // Force-inlined: next to a system call of 0.9 us, one more mispredicted return costs 2 %.
  [[nodiscard]] BOOST_FORCEINLINE result<pages> grow(pages current, pages additional) noexcept {
    [[maybe_unused]] const detail::growth_lock<Backing> lock(region_.parts.store);
    std::size_t now = 0, more = 0;
    if (!to_bytes(current, now) || now != region_.size || !to_bytes(additional, more) || !region_.has_room(more))
      return failure(refused_resize(current, errc::limit_exceeded), step::plan);
    if (detail::step_failure why; more != 0 && !region_.commit_more(more, why)) return refused(why);
    return current;
  }
  [[nodiscard]] result<pages> grow(pages additional) noexcept {
    result<pages> got = grow(size_pages(), additional);
    if constexpr (growth_serializing_store<Backing>)  // another thread may have grown it since
      while (!got && got.error().code == errc::size_mismatch) got = grow(size_pages(), additional);
    return got;
  }

  /// The inverse of grow; returns the previous size. Pages beyond the new accessible end fault again, their memory is
  /// given back, and the removed bytes read as zero if growth returns them. Errors: `size_mismatch`, `invalid_argument`
  /// (`removed` exceeds the size), `too_many_mappings`, `out_of_memory` (RLIMIT_MEMLOCK, in a process that locks all
  /// its mappings), `not_permitted` (pages are sealed, or a filter forbids the calls). Cost on Linux: one mmap up to 2
  /// MiB; beyond that mprotect, one madvise per 2 MiB, and mmap; plus, before and after, the calls that configure these
  /// pages.
  [[nodiscard]] result<pages> shrink(pages current, pages removed) noexcept {
    std::size_t now = 0, less = 0;
    if (region_.state() != state::owned || !to_bytes(current, now) || now != region_.size || !to_bytes(removed, less) ||
        less > now)
      return failure(refused_resize(current, errc::invalid_argument), step::plan);
    if (detail::step_failure why; !region_.decommit_from(region_.parts.accessible_end(now - less), why))
      return refused(why);
    region_.shrink_to(now - less);
    return current;
  }
  [[nodiscard]] result<pages> shrink(pages removed) noexcept { return shrink(size_pages(), removed); }

  /// Makes [offset, offset + bytes) read as zero and gives its memory back; access stays. Both are multiples of
  /// `granularity()`, and the range lies within the accessible end. With hardware tags the pages must be writable, else
  /// the call is `not_supported`, and they are cleared in place, which keeps their memory. Pages that the process
  /// locked stay locked. Cost on Linux: one madvise per 2 MiB. Errors: `invalid_argument`, `out_of_range`,
  /// `not_supported`, `not_permitted` (pages are sealed).
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

  /// Makes the memory as if freshly allocated with `initial` pages: same base, capacity and attributes; read_write,
  /// zero (or the image). Growth, and making pages writable, come before any contents are given up. Cost on Linux
  /// without an image: one mprotect, one madvise per 2 MiB that stays, the calls of grow or shrink for the rest, and
  /// those of the residency policy. Errors: `limit_exceeded`, `out_of_memory`, `too_many_mappings`, `not_permitted`,
  /// `not_supported`, `system`.
  [[nodiscard]] result<void> reset(pages initial) noexcept {
    if (region_.state() != state::owned) return failure(region_.refusal(), step::reset);
    std::size_t size = 0;
    if (!to_bytes(initial, size) || size > capacity()) return failure(errc::limit_exceeded, step::reset);
    if (detail::step_failure why; !region_.reset(size, why)) return refused(why);
    return {};
  }

  /// With as many pages as it has. Errors: as above.
  [[nodiscard]] result<void> reset() noexcept { return reset(size_pages()); }

  /// Changes the access of [offset, offset + bytes), both multiples of `granularity()`, within the accessible end. With
  /// `access::none` the range may extend into reserved pages, which stay as they are: pages that growth commits there
  /// are readable and writable. Contents survive. Cost on Linux: one mprotect; for pool pages also one madvise per
  /// page. Errors: `invalid_argument`, `out_of_range`, `not_supported` (executable access, over a store whose type does
  /// not allow it), `too_many_mappings`, `not_permitted`. A failing call leaves each page with its old or the requested
  /// access.
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

  /// Replaces small pages by huge ones at once, in each block that lies entirely in [offset, offset + bytes) and has at
  /// least one page. Cost on Linux: one madvise(MADV_COLLAPSE) per block. Errors: `invalid_argument` (misaligned, or no
  /// whole block), `out_of_range`, `out_of_memory`, `not_supported` (by this kernel, or no block was ever touched).
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
  /// (`size` is ignored if the memory is broken). Cost on Linux: one munmap. Errors: `invalid_argument`,
  /// `size_mismatch`, and `too_many_mappings` if the system refuses at its limit of mappings; the memory is then still
  /// owned, or broken if a part is released already.
  [[nodiscard]] result<void> deallocate(std::byte* base, std::size_t size) noexcept {
    if (region_.vacant() || region_.damaged()) return failure(region_.refusal(), step::release);
    if (base != region_.base) return failure(errc::invalid_argument, step::release);
    if (size != region_.size && region_.state() != state::broken) return failure(errc::size_mismatch, step::release);
    if (const int n = region_.release()) return failed({n, step::release});
    region_.clear();
    return {};
  }

  /// Whatever region this object owns. Errors: as above.
  [[nodiscard]] result<void> deallocate() noexcept { return deallocate(data(), size()); }

  /// The base, with its tag where hardware checks tags; null without a region.
  [[nodiscard]] std::byte* data() const noexcept { return region_.known_base(); }
  /// Bytes that are committed: [data(), data() + size()) is the memory. 0 without a region.
  [[nodiscard]] std::size_t size() const noexcept { return region_.known_size(); }
  /// The memory: `data()` and `size()`.
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data(), size()}; }
  /// `size()` in pages.
  [[nodiscard]] pages size_pages() const noexcept { return pages{size() / pages::unit}; }
  /// The size in bytes up to which the memory can grow.
  [[nodiscard]] std::size_t capacity() const noexcept { return region_.known_capacity(); }
  /// The largest maximum, in bytes, that allocate takes: what the constructor was given (limits), or else 4 GiB (1 GiB
  /// in 32 bits of addresses) or what a buffer has room for; at most the index space.
  [[nodiscard]] constexpr std::size_t limit() const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(region_.limit, composition::index_span));
  }
  /// Bytes from the base to the guard behind it.
  [[nodiscard]] std::size_t reserved() const noexcept { return region_.placed().reserved; }
  /// Granule in bytes of protect and discard, and the minimum alignment of the base.
  [[nodiscard]] std::size_t granularity() const noexcept { return region_.parts.granularity(); }
  /// Granule in bytes in which pages are committed and decommitted.
  [[nodiscard]] std::size_t commit_granule() const noexcept { return region_.parts.commit_granule(); }
  /// The store.
  [[nodiscard]] const Backing& backing() const noexcept { return region_.parts.store; }
  /// What the policies request from the store. May point into this object, so it must not outlive the object.
  [[nodiscard]] attributes requested() const noexcept { return region_.requested(); }

  /// Whether an address lies in [data(), data() + size()).
  [[nodiscard]] bool contains(const void* p) const noexcept { return region_.distance_to(p) < size(); }
  /// Where an address lies. Signals: it reads only this object, so a fault handler may call it.
  [[nodiscard]] zone zone_of(const void* p) const noexcept { return region_.zone_of(p); }

 private:
  template <class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE result<std::span<std::byte>> allocate_with(pages initial,
                                                                             std::optional<pages> maximum,
                                                                             Tag... tag) noexcept {
    if (!region_.vacant()) return failure(region_.occupied(), step::plan);
    if (maximum && *maximum < initial) return failure(errc::invalid_argument, step::plan);
    // Compared as pages, so that no product can overflow.
    const std::uint64_t limit = region_.limit / unit, most = maximum ? maximum->n : limit;
    if (most > limit || most > composition::index_span / unit || initial.n > most)
      return failure(errc::limit_exceeded, step::plan);
    if (!region_.parts.has_valid_nodes()) return failure(errc::invalid_argument, step::plan);
    const auto size = static_cast<std::size_t>(initial.n) * unit, capacity = static_cast<std::size_t>(most) * unit;
    if (detail::step_failure why; !region_.reserve_and_commit(size, capacity, why, tag...)) return failed(why);
    return std::span<std::byte>(data(), size);
  }
  [[nodiscard]] BOOST_NOINLINE errc refused_resize(pages current, errc otherwise) const noexcept {
    if (region_.state() != state::owned) return region_.refusal();
    return current == size_pages() ? otherwise : errc::size_mismatch;
  }
  [[nodiscard]] BOOST_FORCEINLINE static std::unexpected<error> failed(detail::step_failure why) noexcept {
    if constexpr (is_registry<composition::registry>)
      if (why.native == detail::step_failure::no_room) return failure(errc::out_of_memory, why.at);
    if constexpr (requires { Backing::is_own_code(0); })
      if (Backing::is_own_code(why.native)) return failure(Backing::code_of(why.at, why.native), why.at);
    if constexpr (commit_diagnosing_store<Backing>)
      if (why.code != detail::step_failure::unknown) return failure(why.code, why.at, why.native);
    return failure(Backing::code_of(why.at, why.native), why.at, why.native);
  }
  /// The memory is as it was, unless the failure lost a part of it: then it is broken.
  [[nodiscard]] BOOST_FORCEINLINE std::unexpected<error> refused(detail::step_failure why) noexcept {
    if (why.lost) region_.mark_broken();
    return failed(why);
  }

  detail::region<Backing, composition> region_;
};

}  // namespace quire
