// SPDX-License-Identifier: BSL-1.0
#pragma once
// Many regions of pages over one store, for heaps and code generators: each reserved at an alignment and near an
// address of the caller's choice, committed and protected in any part, released from its end or as a whole.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/access.hpp>
#include <quire/composable.hpp>
#include <quire/detail/committed_pages.hpp>
#include <quire/detail/composition.hpp>
#include <quire/detail/page_ranges.hpp>
#include <quire/detail/plain_lock.hpp>
#include <quire/detail/sorted_array.hpp>
#include <quire/page_allocator.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/result.hpp>
#include <quire/statistics.hpp>
#include <quire/store/images.hpp>
#include <quire/store/regions.hpp>
#include <quire/units.hpp>

namespace quire {

/// What `reserve` is to make of a region.
struct region_terms {
  std::size_t alignment = 1;      // of the base, in bytes: a power of two
  std::byte* hint = nullptr;      // the base to try first
  access initial = access::none;  // of all pages; none: they are only reserved
};

/// The region that an address lies in, guards included.
struct found_region {
  std::span<std::byte> bytes;
  zone where;  // `accessible`: the page is committed, whatever access it has
};

namespace detail {

/// One reservation: [guard before][bytes][guard after]. `base` is where the reservation begins.
struct region_record {
  std::byte* base;
  std::size_t before, bytes, total;
  bool broken;

  [[nodiscard]] std::byte* begin() const noexcept { return base + before; }
  [[nodiscard]] std::size_t after() const noexcept { return total - before - bytes; }
  [[nodiscard]] page_run whole() const noexcept { return {base, total}; }
  [[nodiscard]] page_run usable() const noexcept { return {begin(), bytes}; }
};

/// What cannot make regions, one message each.
template <class A>
struct regions_in_sentences {
  using S = region_store<A>;
  using composition = typename decltype(member_access::parts_type<A>())::type;
  static constexpr demands demanded = composition::demanded;

  static_assert(std::is_empty_v<S> && !buffer_store<S> && !image_backed_store<S>,
                "quire: regions are made over a store without data of its own, as those of operating systems are, or "
                "over a partition of one");
  static_assert(composition::shape.reach == 0,
                "quire: a region has no index space: use protection::guarded, or one page_allocator for each memory");
  static_assert(!demanded.tagged() && !demanded.has<capability::purging>() && !demanded.has<capability::huge_pool>(),
                "quire: regions are neither tagged, purgeable nor from a pool of huge pages");
};

}  // namespace detail

/// Owns regions. The typedef `A` says where they come from and how: its store, the guards of its protection, page size,
/// placement and residency; its unit and its limits do not matter. Not movable; the destructor releases all regions.
///
/// Any thread may call any member at any time, also on the same region; threads that use the same pages agree on it by
/// themselves. All members but protect and discard hold one lock while they make their calls. A child process that was
/// forked while another thread held it must not call a member; and where the residency policy keeps pages from child
/// processes, these must not destroy their copy. Records are allocated by operator new, so that it cannot serve a
/// program's own malloc.
///
/// A run is a part of one region. Its ends are multiples of `granularity()`, otherwise the call is an
/// `invalid_argument`; a run that does not lie in a region is `out_of_range`. An empty run is a success. Any call may
/// fail with `out_of_memory` for lack of memory for records. A failing call leaves everything as it was, unless stated
/// otherwise. A region is `broken` after a decommit or discard has lost a part: only release is left.
template <class A>
class region_allocator : detail::regions_in_sentences<A> {
  using committed_pages = detail::committed_pages<A>;
  using composition = typename committed_pages::composition;
  using store = typename committed_pages::store_type;
  using record = detail::region_record;
  using step_failure = detail::step_failure;
  using lock = detail::lock_holder;

 public:
  using allocator_type = A;

  /// What the store can do beyond plain regions: take `region_terms::hint`, `release_tail`, executable pages.
  static constexpr bool takes_hints = hinting_store<store>, releases_tails = tail_releasing_store<store>,
                        may_execute = executable_store<store>;
  /// Inaccessible bytes around each region, as the typedef's protection says.
  static constexpr std::size_t guard_before = composition::shape.guard_before,
                               guard_after = composition::shape.guard_after;
  /// `granularity()` is at most this.
  static constexpr std::size_t largest_granule =
      std::max({composition::system.page, composition::shape.commit_block, composition::shape.access_block});

  /// Takes the store and policies of `A`, in any order. One that holds data must be given.
  template <class... Given>
  explicit region_allocator(Given... given) noexcept : pages_(given...) {
    static_assert(((A::template takes<Given> && !composition::template is_limit<Given>) && ...),
                  "quire: an argument is none of this allocator's store and policies");
    static_assert(sizeof...(Given) != 0 || !composition::holds_data_that_must_be_given,
                  "quire: a policy or store that holds data must be given to the constructor");
  }
  region_allocator(const region_allocator&) = delete;
  region_allocator& operator=(const region_allocator&) = delete;
  ~region_allocator() {
    for (const record& each : regions_) give_up(each);
  }

  /// A region of so many bytes, rounded up to `granularity()`. The guard before it is a multiple of the alignment.
  /// Errors: `invalid_argument` (no bytes, an alignment that is not a power of two, or no valid NUMA node),
  /// `limit_exceeded` (more than the address space), `not_supported` (a hint or an alignment over a store that takes
  /// none, access that it cannot give, or a policy's request), and those of the system: `out_of_address_space`,
  /// `out_of_memory`, `too_many_mappings`, `not_permitted`. Cost on Linux: one mmap, and three to seven calls if it has
  /// to be moved to its alignment; the calls that configure pages; and those of `commit`.
  [[nodiscard]] result<std::span<std::byte>> reserve(std::size_t bytes, const region_terms& terms = {}) noexcept {
    if (bytes == 0 || !std::has_single_bit(terms.alignment) || !pages_.parts.has_valid_nodes())
      return failure(errc::invalid_argument, step::plan);
    if (bytes > max_bytes / 8 || terms.alignment > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
    if ((terms.hint != nullptr && !takes_hints) || (terms.alignment > system.page && !store::traits.honours_alignment))
      return failure(errc::not_supported, step::reserve);
    if (terms.initial != access::none && !can_give(terms.initial)) return failure(errc::not_supported, step::protect);
    const lock held(lock_);
    step_failure why;
    if (!regions_.make_room(1) || !make_room(step::plan, why)) return failure(errc::out_of_memory, step::plan);
    const std::optional<record> made = reserve_record(bytes, terms, why);
    if (!made) return failed(why);
    if (terms.initial != access::none && !pages_.commit(made->usable(), terms.initial, why)) {
      give_up(*made);
      return failed(why);
    }
    reserved_ += made->total;
    regions_.insert(regions_.behind(made->base), *made);
    return std::span(made->begin(), made->bytes);
  }

  /// Makes pages accessible: those that were not committed read as zero, the others keep their contents. Errors:
  /// `invalid_argument` (also for `access::none`), `out_of_range`, `broken`, `not_supported` (access that the store
  /// cannot give, or a partition with a minimum or locked memory), `out_of_memory` (also: the partition's maximum),
  /// `too_many_mappings`, `not_permitted`. After a failure pages that were committed may have changed their access; if
  /// the system, at its limit of mappings, does not let it be undone, more pages may be committed. Cost on Linux: one
  /// mprotect for each part that was committed and each that was not, two for the latter where access is not
  /// read_write; and the calls of the residency policy.
  [[nodiscard]] result<void> commit(std::span<std::byte> run, access wanted = access::read_write) noexcept {
    if (wanted == access::none) return failure(errc::invalid_argument, step::commit);
    if (!can_give(wanted)) return failure(errc::not_supported, step::protect);
    const lock held(lock_);
    if (const auto bad = refused(run)) return failure(*bad, step::commit);
    step_failure why;
    if (run.empty() || (make_room(step::commit, why) && pages_.commit(as_run(run), wanted, why))) return {};
    return failed(why);
  }
  /// Takes access, contents and memory away. The pages stay reserved. Errors: `invalid_argument`, `out_of_range`,
  /// `broken`, `too_many_mappings`, `out_of_memory`, `not_permitted`. Cost on Linux: that of page_allocator's shrink,
  /// from the first to the last committed page.
  [[nodiscard]] result<void> decommit(std::span<std::byte> run) noexcept {
    const lock held(lock_);
    if (const auto bad = refused(run)) return failure(*bad, step::decommit);
    step_failure why;
    if (run.empty() || (make_room(step::decommit, why) && pages_.decommit(as_run(run), why))) return {};
    if (why.lost) region_around(run.data())->broken = true;
    return failed(why);
  }
  /// Changes the access of committed pages, which keep their contents, also with `access::none`. Errors:
  /// `invalid_argument`, `out_of_range` (also: a page is not committed), `broken`, `not_supported`,
  /// `too_many_mappings`, `not_permitted`. A failing call leaves each page with its old or the requested access. Cost:
  /// one call.
  [[nodiscard]] result<void> protect(std::span<std::byte> run, access wanted) noexcept
    requires protectable_store<store>
  {
    if (!can_give(wanted)) return failure(errc::not_supported, step::protect);
    if (const auto bad = refused_unless_committed(run)) return failure(*bad, step::protect);
    if (run.empty()) return {};
    if (const int n = pages_.store().protect(as_run(run), wanted, pages_.requested)) return failed({n, step::protect});
    return {};
  }
  /// Makes committed pages read as zero and gives their memory back; access stays. Errors: `invalid_argument`,
  /// `out_of_range` (also: a page is not committed), `broken`, `not_supported`, `not_permitted`. Cost on Linux: one
  /// madvise per 2 MiB.
  [[nodiscard]] result<void> discard(std::span<std::byte> run) noexcept
    requires discarding_store<store>
  {
    if (const auto bad = refused_unless_committed(run)) return failure(*bad, step::discard);
    if (run.empty()) return {};
    step_failure why;
    if constexpr (discard_precheck_store<store>)
      if (const int n = pages_.store().check_discard(as_run(run))) return failed({n, step::discard});
    if (pages_.on(why).discard(as_run(run))) return {};
    if (why.lost) mark_broken(run.data());
    return failed(why);
  }

  /// Releases the end of a region, which is as reserve returned it: its first `bytes` remain, with the guard behind
  /// them. Errors: `invalid_argument` (no region begins there, or `bytes` is 0, more than it has, or no multiple of
  /// `granularity()`), `size_mismatch`, `broken`, `too_many_mappings`, `out_of_memory`, `not_permitted`. After a
  /// failure pages beyond `bytes` may be decommitted. Cost on Linux: one munmap, and a decommit where there is a guard.
  [[nodiscard]] result<void> release_tail(std::span<std::byte> region, std::size_t bytes) noexcept
    requires releases_tails
  {
    const lock held(lock_);
    record* const found = region_at(region.data());
    if (found == nullptr || bytes == 0 || bytes > found->bytes || !is_aligned(bytes, granularity()))
      return failure(errc::invalid_argument, step::release);
    if (region.size() != found->bytes) return failure(errc::size_mismatch, step::release);
    if (found->broken) return failure(errc::broken, step::release);
    const std::size_t less = found->bytes - bytes;
    if (less == 0) return {};
    step_failure why;
    const page_run tail{found->begin() + bytes, less}, guard{tail.base, found->after()};
    if (!make_room(step::release, why)) return failed(why);
    if (guard.bytes != 0 && !pages_.decommit(detail::common(tail, guard), why)) {
      found->broken = why.lost;
      return failed(why);
    }
    if (const int n = pages_.store().release_tail({found->base + found->total - less, less}, pages_.requested))
      return failed({n, step::release});
    pages_.forget(tail);
    found->bytes -= less;
    found->total -= less;
    reserved_ -= less;
    return {};
  }
  /// Releases a region, which is as reserve returned it, or as release_tail left it. Errors: `invalid_argument` (no
  /// region begins there), `size_mismatch`, `not_permitted`, and `too_many_mappings` if the system refuses at its
  /// limit. Cost: one call.
  [[nodiscard]] result<void> release(std::span<std::byte> region) noexcept {
    const lock held(lock_);
    record* const found = region_at(region.data());
    if (found == nullptr) return failure(errc::invalid_argument, step::release);
    if (region.size() != found->bytes) return failure(errc::size_mismatch, step::release);
    if (const int n = pages_.store().release(found->whole(), pages_.hull(found->usable()), pages_.requested))
      return failed({n, step::release});
    pages_.forget(found->usable());
    reserved_ -= found->total;
    regions_.erase(found, found + 1);
    return {};
  }

  /// The region that an address lies in. Signals: no handler may call it, as it takes the lock.
  [[nodiscard]] std::optional<found_region> find(const void* p) const noexcept {
    const lock held(lock_);
    const record* const r = region_around(static_cast<const std::byte*>(p));
    if (r == nullptr) return std::nullopt;
    // Derived from the region's own base, as its pages are not const.
    std::byte* const at = r->base + (static_cast<const std::byte*>(p) - r->base);
    return found_region{{r->begin(), r->bytes}, zone_in(*r, at)};
  }
  /// Holds the lock while it adds up.
  [[nodiscard]] region_statistics statistics() const noexcept {
    const lock held(lock_);
    return {.regions = regions_.size(), .reserved = reserved_, .committed = pages_.bytes()};
  }
  /// What the policies request of the store.
  [[nodiscard]] const attributes& requested() const noexcept { return pages_.requested; }
  /// Of runs, in bytes.
  [[nodiscard]] std::size_t granularity() const noexcept {
    return std::max(pages_.parts.commit_granule(), pages_.parts.granularity());
  }

 private:
  using run_of_pages = std::span<std::byte>;
  // Reservations of whole huge pages, as the store prefers them for single memories, would keep small ones apart.
  static constexpr granules system{
      .page = composition::system.page,
      .reservation = takes_hints ? composition::system.page : composition::system.reservation};

  [[nodiscard]] static page_run as_run(run_of_pages run) noexcept { return {run.data(), run.size()}; }
  /// Room for a change, and for one more run by the release of each region, which must not fail for lack of memory:
  /// where regions lie side by side, it leaves two runs of one.
  [[nodiscard]] bool make_room(step at, step_failure& why) noexcept {
    return pages_.make_room(regions_.size() + 2, at, why);
  }
  void mark_broken(const std::byte* p) noexcept {
    const lock held(lock_);
    if (record* const found = region_around(p)) found->broken = true;
  }
  /// Releases what is not, or no longer, in the table.
  void give_up(const record& r) noexcept {
    step_failure ignored;
    pages_.on(ignored).release_best_effort(r.whole(), pages_.hull(r.usable()));
    pages_.forget(r.usable());
  }
  [[nodiscard]] static constexpr bool can_give(access wanted) noexcept {
    if (wanted > access::read_write_execute) return false;
    return is_executable(wanted) ? may_execute : protectable_store<store> || wanted == access::read_write;
  }

  [[nodiscard]] std::optional<record> reserve_record(std::size_t bytes, const region_terms& terms,
                                                     step_failure& why) noexcept {
    geometry shape = composition::shape;
    shape.alignment = std::max(shape.wanted_alignment, terms.alignment);
    const std::size_t usable = align_up(bytes, granularity());
    const layout l = quire::plan(shape, usable, system);
    const reservation got = reserve_near(terms.hint, l);
    if (got.native != 0) {
      why.fail(got.native, step::reserve);
      return std::nullopt;
    }
    const record made{got.base, l.before, usable, l.total(), false};
    if (pages_.on(why).configure(made.whole())) return made;
    give_up(made);
    return std::nullopt;
  }
  /// The hint is that of the base, which the guard precedes.
  [[nodiscard]] reservation reserve_near([[maybe_unused]] std::byte* hint, const layout& l) noexcept {
    if constexpr (takes_hints) {
      const bool fits = reinterpret_cast<std::uintptr_t>(hint) > l.before;
      return pages_.store().reserve_near(fits ? hint - l.before : nullptr, l.total(), l.alignment, pages_.requested);
    }
    return pages_.store().reserve(l.total(), l.alignment, pages_.requested);
  }

  [[nodiscard]] record* region_around(const std::byte* p) const noexcept {
    record* const next = regions_.behind(p);
    return next != regions_.begin() && std::less<>()(p, next[-1].base + next[-1].total) ? next - 1 : nullptr;
  }
  [[nodiscard]] record* region_at(const std::byte* base) const noexcept {
    record* const found = region_around(base);
    return found != nullptr && found->begin() == base ? found : nullptr;
  }
  [[nodiscard]] std::optional<errc> refused(run_of_pages run) const noexcept {
    if (run.empty()) return std::nullopt;
    if (!is_aligned(reinterpret_cast<std::uintptr_t>(run.data()) | run.size(), granularity()))
      return errc::invalid_argument;
    const record* const found = region_around(run.data());
    if (found == nullptr || run.data() < found->begin()) return errc::out_of_range;
    const auto offset = static_cast<std::size_t>(run.data() - found->begin());
    if (offset > found->bytes || run.size() > found->bytes - offset) return errc::out_of_range;
    return found->broken ? std::optional(errc::broken) : std::nullopt;
  }
  [[nodiscard]] std::optional<errc> refused_unless_committed(run_of_pages run) const noexcept {
    const lock held(lock_);
    const std::optional<errc> bad = refused(run);
    return bad || run.empty() || pages_.contains(as_run(run)) ? bad : errc::out_of_range;
  }
  [[nodiscard]] zone zone_in(const record& r, std::byte* p) const noexcept {
    if (p < r.begin()) return zone::guard_before;
    if (p >= r.begin() + r.bytes) return zone::guard_after;
    return pages_.contains({p, 1}) ? zone::accessible : zone::reserved;
  }

  [[nodiscard]] static std::unexpected<error> failed(step_failure why) noexcept {
    return detail::failure_of<typename A::backing_type>(why);
  }

  committed_pages pages_;
  detail::sorted_array<record> regions_;
  std::size_t reserved_ = 0;
  mutable detail::plain_lock lock_;
};

}  // namespace quire
