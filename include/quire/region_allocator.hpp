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
#include <quire/store/images.hpp>
#include <quire/store/regions.hpp>
#include <quire/units.hpp>

namespace quire {

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

struct region_statistics {
  std::size_t regions = 0;
  std::size_t reserved = 0;   // bytes, with guards
  std::size_t committed = 0;  // bytes

  friend constexpr bool operator==(const region_statistics&, const region_statistics&) = default;
};

namespace detail {

/// One reservation: [guard before][bytes][guard after]. `base` is where the reservation begins.
struct region_record {
  std::byte* base;
  std::size_t before, bytes, total;

  [[nodiscard]] std::byte* begin() const noexcept { return base + before; }
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
/// placement and residency; its unit and its limits do not matter. Any thread may call any member at any time, also on
/// the same region; threads that use the same pages agree on it by themselves. Calls that reserve, commit, decommit or
/// release are made one after the other. Not movable; the destructor releases all regions.
///
/// A run is a part of one region. Its ends are multiples of `granularity()`, otherwise the call is an
/// `invalid_argument`; a run that does not lie in a region is `out_of_range`. An empty run is a success. A failing call
/// leaves everything as it was, unless stated otherwise.
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

  static constexpr bool takes_hints = hinting_store<store>, releases_tails = tail_releasing_store<store>,
                        may_execute = executable_store<store>;
  static constexpr std::size_t guard_before = composition::shape.guard_before,
                               guard_after = composition::shape.guard_after;

  /// Takes the store and policies of `A`, in any order. One that holds data must be given.
  template <class... Given>
  explicit region_allocator(Given... given) noexcept : pages_(given...) {
    static_assert((A::template takes<Given> && ...),
                  "quire: an argument is none of this allocator's store and policies");
    static_assert(sizeof...(Given) != 0 || !composition::holds_data_that_must_be_given,
                  "quire: a policy or store that holds data must be given to the constructor");
  }
  region_allocator(const region_allocator&) = delete;
  region_allocator& operator=(const region_allocator&) = delete;
  ~region_allocator() {
    for (const record& each : regions_) {
      step_failure ignored;
      pages_.on(ignored).release_best_effort(each.whole(), pages_.hull(each.usable()));
      pages_.forget(each.usable());
    }
  }

  /// A region of so many bytes, rounded up to `granularity()`. Errors: `invalid_argument` (no bytes, or an alignment
  /// that is not a power of two), `limit_exceeded` (more than the address space), `not_supported` (a hint over a store
  /// that takes none, or access that it cannot give), and those of the system: `out_of_address_space`,
  /// `out_of_memory`, `too_many_mappings`, `not_permitted`. Cost on Linux: one mmap, up to five if it has to be moved
  /// to its alignment; the calls that configure pages; and those of `commit`.
  [[nodiscard]] result<std::span<std::byte>> reserve(std::size_t bytes, const region_terms& terms = {}) noexcept {
    if (bytes == 0 || !std::has_single_bit(terms.alignment) || !pages_.parts.has_valid_nodes())
      return failure(errc::invalid_argument, step::plan);
    if (bytes > max_bytes / 8 || terms.alignment > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
    if (terms.hint != nullptr && !takes_hints) return failure(errc::not_supported, step::reserve);
    if (terms.initial != access::none && !can_give(terms.initial)) return failure(errc::not_supported, step::protect);
    const lock held(lock_);
    step_failure why;
    if (!regions_.make_room(1) || !make_room(step::plan, why)) return failure(errc::out_of_memory, step::plan);
    const std::optional<record> made = reserve_record(bytes, terms, why);
    if (!made) return failed(why);
    if (terms.initial != access::none && !pages_.commit(made->usable(), terms.initial, why)) {
      pages_.on(why).release_best_effort(made->whole(), {made->begin(), 0});
      return failed(why);
    }
    regions_.insert(regions_.behind(made->base), *made);
    return std::span(made->begin(), made->bytes);
  }

  /// Makes pages accessible: those that were not committed read as zero, the others keep their contents. Errors:
  /// `invalid_argument` (also for `access::none`), `out_of_range`, `not_supported` (access that the store cannot give),
  /// `out_of_memory` (also: the partition's maximum), `too_many_mappings`, `not_permitted`. Pages that were committed
  /// may have changed their access after a failure. Cost on Linux: one mprotect, or two where pages that were not
  /// committed become anything but readable and writable; and the calls of the residency policy.
  [[nodiscard]] result<void> commit(std::span<std::byte> run, access wanted = access::read_write) noexcept {
    if (wanted == access::none) return failure(errc::invalid_argument, step::commit);
    if (!can_give(wanted)) return failure(errc::not_supported, step::protect);
    const lock held(lock_);
    if (const auto bad = refused(run)) return failure(*bad, step::commit);
    step_failure why;
    if (run.empty() || (make_room(step::commit, why) && pages_.commit(as_run(run), wanted, why))) return {};
    return failed(why);
  }
  /// Takes access, contents and memory away. The pages stay reserved. Errors: `invalid_argument`, `out_of_range`, and
  /// `too_many_mappings`, `out_of_memory` or `not_permitted` if the system refuses; the pages then still count as
  /// committed, and where it has stopped halfway (Windows) they have to be decommitted again before they are used. Cost
  /// on Linux: that of page_allocator's shrink.
  [[nodiscard]] result<void> decommit(std::span<std::byte> run) noexcept {
    const lock held(lock_);
    if (const auto bad = refused(run)) return failure(*bad, step::decommit);
    step_failure why;
    if (make_room(step::decommit, why) && pages_.decommit(as_run(run), why)) return {};
    return failed(why);
  }
  /// Changes the access of committed pages, which keep their contents, also with `access::none`. Errors:
  /// `invalid_argument`, `out_of_range` (also: a page is not committed), `not_supported`, `too_many_mappings`,
  /// `not_permitted`. A failing call leaves each page with its old or the requested access. Cost: one call.
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
  /// `out_of_range` (also: a page is not committed), `not_supported`, `not_permitted`. Where a failure has taken
  /// contents (Windows), the pages are decommitted. Cost on Linux: one madvise per 2 MiB.
  [[nodiscard]] result<void> discard(std::span<std::byte> run) noexcept
    requires discarding_store<store>
  {
    if (const auto bad = refused_unless_committed(run)) return failure(*bad, step::discard);
    if (run.empty()) return {};
    step_failure why;
    if constexpr (discard_precheck_store<store>)
      if (const int n = pages_.store().check_discard(as_run(run))) return failed({n, step::discard});
    if (pages_.on(why).discard(as_run(run))) return {};
    if (why.lost) decommit_lost(as_run(run));
    return failed(why);
  }

  /// Releases the end of a region, which begins at `base`: its first `bytes` remain, with the guard behind them.
  /// Errors: `invalid_argument` (no region begins there, or `bytes` is 0, more than it has, or no multiple of
  /// `granularity()`), `too_many_mappings`, `out_of_memory`. After a failure pages beyond `bytes` may be decommitted.
  /// Cost on Linux: one munmap, and a decommit where there is a guard.
  [[nodiscard]] result<void> release_tail(std::byte* base, std::size_t bytes) noexcept
    requires releases_tails
  {
    const lock held(lock_);
    record* const found = region_at(base);
    if (found == nullptr || bytes == 0 || bytes > found->bytes || !is_aligned(bytes, granularity()))
      return failure(errc::invalid_argument, step::release);
    const std::size_t less = found->bytes - bytes;
    if (less == 0) return {};
    step_failure why;
    const page_run tail{base + bytes, less}, guard{tail.base, found->total - found->before - found->bytes};
    if (!make_room(step::release, why)) return failed(why);
    if (guard.bytes != 0 && !pages_.decommit(detail::common(tail, guard), why)) return failed(why);
    if (const int n = pages_.store().release_tail({found->base + found->total - less, less}, pages_.requested))
      return failed({n, step::release});
    pages_.forget(tail);
    found->bytes -= less;
    found->total -= less;
    return {};
  }
  /// Releases a region, which begins at `base`. Errors: `invalid_argument` (no region begins there), and
  /// `too_many_mappings` if the system refuses at its limit. Cost: one call.
  [[nodiscard]] result<void> release(std::byte* base) noexcept {
    const lock held(lock_);
    record* const found = region_at(base);
    if (found == nullptr) return failure(errc::invalid_argument, step::release);
    if (const int n = pages_.store().release(found->whole(), pages_.hull(found->usable()), pages_.requested))
      return failed({n, step::release});
    pages_.forget(found->usable());
    regions_.erase(found, found + 1);
    return {};
  }

  /// Not for signal handlers, as it takes a lock.
  [[nodiscard]] std::optional<found_region> find(const void* p) const noexcept {
    const lock held(lock_);
    const record* const r = region_around(static_cast<const std::byte*>(p));
    if (r == nullptr) return std::nullopt;
    // Derived from the region's own base, as its pages are not const.
    std::byte* const at = r->base + (static_cast<const std::byte*>(p) - r->base);
    return found_region{{r->begin(), r->bytes}, zone_in(*r, at)};
  }
  [[nodiscard]] region_statistics statistics() const noexcept {
    const lock held(lock_);
    region_statistics seen{.regions = regions_.size()};
    for (const record& each : regions_) {
      seen.reserved += each.total;
      seen.committed += pages_.bytes_in(each.usable());
    }
    return seen;
  }
  /// Of runs, in bytes.
  [[nodiscard]] std::size_t granularity() const noexcept {
    return std::max(pages_.parts.commit_granule(), pages_.parts.granularity());
  }

 private:
  using run_of_pages = std::span<std::byte>;
  static constexpr granules system{
      .page = composition::system.page,
      .reservation = takes_hints ? composition::system.page : composition::system.reservation};

  [[nodiscard]] static page_run as_run(run_of_pages run) noexcept { return {run.data(), run.size()}; }
  /// Room for a change, and for one more run by the release of each region, which must not fail for lack of memory:
  /// where regions lie side by side, it leaves two runs of one.
  [[nodiscard]] bool make_room(step at, step_failure& why) noexcept {
    return pages_.make_room(regions_.size() + 2, at, why);
  }
  void decommit_lost(page_run run) noexcept {
    const lock held(lock_);
    if (step_failure ignored; make_room(step::decommit, ignored)) pages_.decommit_lost(run);
  }
  [[nodiscard]] static constexpr bool can_give(access wanted) noexcept {
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
    const record made{got.base, l.before, usable, l.total()};
    if (pages_.on(why).configure(made.whole())) return made;
    pages_.on(why).release_best_effort(made.whole(), {made.begin(), 0});
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
    return next != regions_.begin() && std::less()(p, next[-1].base + next[-1].total) ? next - 1 : nullptr;
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
    return std::nullopt;
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
    return failure(why.code == step_failure::unknown ? A::backing_type::code_of(why.at, why.native) : why.code, why.at,
                   why.native);
  }

  committed_pages pages_;
  detail::sorted_array<record> regions_;
  mutable detail::plain_lock lock_;
};

}  // namespace quire
