// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that lies twice in a row, so that a run of bytes that wraps around its end is contiguous: for rings.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/access.hpp>
#include <quire/capabilities.hpp>
#include <quire/detail/committed_pages.hpp>
#include <quire/detail/composition.hpp>
#include <quire/page_allocator.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/result.hpp>
#include <quire/store/mirrors.hpp>
#include <quire/units.hpp>

namespace quire {

namespace detail {

template <class A>
consteval bool can_be_mirrored() {
  if constexpr (mirroring_store<region_store<A>>)
    return region_store<A>::mirrors(
        requests_of_types<typename A::protection_type, typename A::tagging_type, typename A::page_size_type,
                          typename A::placement_type, typename A::residency_type>());
  return true;
}

/// What cannot be mirrored, one message each.
template <class A>
struct mirrored_in_sentences {
  using S = region_store<A>;
  using composition = typename decltype(member_access::parts_type<A>())::type;

  static_assert(std::is_empty_v<S>,
                "quire: memory is mirrored over a store without data of its own, or over a partition of one");
  static_assert(!std::is_empty_v<S> || mirroring_store<S>,
                "quire: this store cannot map memory twice: those of Linux, macOS, Windows and POSIX can");
  static_assert(composition::shape.reach == 0, "quire: mirrored memory has no index space: use protection::guarded");
  static_assert(!composition::demanded.tagged() && can_be_mirrored<A>(),
                "quire: mirrored memory is neither tagged nor purgeable, nor inherited by child processes; on Windows "
                "it prefers no node");
};

}  // namespace detail

/// Owns at most one memory of a fixed size, which lies twice in a row: what is written at `data()[i]` is read at
/// `data()[i + size()]` as well. The typedef `A` says where it comes from and how: its store, the guards of its
/// protection, page size, placement and residency; its unit and its limits do not matter. A quota is charged once.
///
/// All pages are there from the beginning, whatever the residency policy says: a ring uses every page in its first
/// round, and lack of memory is then an error and not a signal. (POSIX has no call for that, and allocates memory when
/// it is touched.) A child process does not have the memory (on POSIX it shares it), and must not destroy its copy of
/// the object where `fork` has left the memory out.
///
/// The compiler does not know that two addresses are one byte. It may move a write by one address behind a read by the
/// other, unless an atomic operation or a fence (std::atomic_signal_fence) is between them.
///
/// Movable; the destructor releases the memory. Const members may be called concurrently; any other needs exclusive
/// access.
template <class A>
class mirrored : detail::mirrored_in_sentences<A> {
  using composition = typename detail::mirrored_in_sentences<A>::composition;
  using store = detail::region_store<A>;
  using step_failure = detail::step_failure;

  /// The store names the memory, and leaves it out of child processes.
  static constexpr demands demanded = [] {
    demands d = composition::demanded;
    d.capabilities &= ~(detail::bit_in<capability::naming, detail::capabilities> |
                        detail::bit_in<capability::fork_exclusion, detail::capabilities>);
    return d;
  }();
  using steps = detail::page_steps<demanded, store>;

 public:
  using allocator_type = A;

  /// Takes the store and policies of `A`, in any order. One that holds data must be given.
  template <class... Given>
  explicit mirrored(Given... given) noexcept : parts_(std::in_place, given...) {
    static_assert(((A::template takes<Given> && !composition::template is_limit<Given>) && ...),
                  "quire: an argument is none of this allocator's store and policies");
    static_assert(sizeof...(Given) != 0 || !composition::holds_data_that_must_be_given,
                  "quire: a policy or store that holds data must be given to the constructor");
  }
  mirrored(mirrored&& other) noexcept
      : parts_(other.parts_), place_(std::exchange(other.place_, {})), broken_(std::exchange(other.broken_, false)) {}
  mirrored& operator=(mirrored&& other) noexcept {
    if (this == &other) return *this;
    release_best_effort();
    parts_ = other.parts_;
    place_ = std::exchange(other.place_, {});
    broken_ = std::exchange(other.broken_, false);
    return *this;
  }
  ~mirrored() { release_best_effort(); }

  /// A memory of so many bytes, rounded up to `granularity()`, which reads as zero; returns its first appearance. If a
  /// step fails, the earlier ones are undone. Errors: `already_allocated`, `broken`, `invalid_argument` (no bytes, or
  /// no valid NUMA node), `limit_exceeded` (more than the address space), `out_of_address_space`, `out_of_memory`
  /// (also: the limit of mappings, and the partition's maximum), `not_permitted`, `not_supported`, `system` (also: too
  /// many open files). Cost on Linux: mmap, memfd_create, ftruncate, mmap twice, close, madvise; the calls that
  /// configure pages; and madvise per 2 MiB of each half, which clears the pages.
  [[nodiscard]] result<std::span<std::byte>> allocate(std::size_t bytes) noexcept {
    if (place_.parts != 0) return failure(broken_ ? errc::broken : errc::already_allocated, step::plan);
    if (bytes == 0 || !parts_.has_valid_nodes()) return failure(errc::invalid_argument, step::plan);
    if (bytes > max_bytes / 16) return failure(errc::limit_exceeded, step::plan);
    const std::size_t half = align_up(bytes, granularity());
    if (const int n = charge(half)) return failed({n, step::commit});
    if (step_failure why; !reserve_and_map(half, why)) {
      (void)release();
      place_ = {};  // what cannot be released now never is
      uncharge(half);
      return failed(why);
    }
    return std::span(data(), size());
  }
  /// Releases the memory; then the object can allocate again. Errors: `not_allocated`, `too_many_mappings` (the system
  /// refuses at its limit), `system`; the memory is then still owned, or `broken` if a part is gone already: only
  /// deallocate is left, which continues. Cost: one call; up to four on Windows.
  [[nodiscard]] result<void> deallocate() noexcept {
    if (place_.parts == 0) return failure(errc::not_allocated, step::release);
    const std::size_t half = place_.half;
    const unsigned char before = place_.parts;
    if (const int n = release()) {
      broken_ = broken_ || place_.parts != before;
      return failed({n, step::release});
    }
    uncharge(half);
    place_ = {};
    broken_ = false;
    return {};
  }

  /// The base; null without a memory.
  [[nodiscard]] std::byte* data() const noexcept { return is_usable() ? place_.begin() : nullptr; }
  /// In bytes, of one appearance.
  [[nodiscard]] std::size_t size() const noexcept { return is_usable() ? place_.half : 0; }
  /// Both appearances: twice the size.
  [[nodiscard]] std::span<std::byte> both() const noexcept { return {data(), 2 * size()}; }
  /// Sizes are multiples of it, in bytes: the page, or that with which huge pages begin, or 64 KiB on Windows.
  [[nodiscard]] std::size_t granularity() const noexcept {
    // A huge page lies alike in both appearances.
    constexpr std::size_t huge = demanded.has<capability::huge_advice>() ? composition::shape.wanted_alignment : 1;
    return std::max({parts_.store.mirror_granule(), parts_.commit_granule(), parts_.granularity(), huge});
  }
  /// Where an address lies. Signals: it reads only this object, so a fault handler may call it.
  [[nodiscard]] zone zone_of(const void* p) const noexcept {
    if (!is_usable()) return zone::outside;
    const std::size_t at = reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(place_.base);
    if (at >= place_.total()) return zone::outside;
    if (at < place_.before) return zone::guard_before;
    return at < place_.before + 2 * place_.half ? zone::accessible : zone::guard_after;
  }
  /// What the policies request. May point into this object, so it must not outlive the object.
  [[nodiscard]] attributes requested() const noexcept { return parts_.requested(); }

 private:
  // Reservations of whole huge pages, as the store prefers them for memories that grow, are no use for small rings.
  static constexpr granules system{.page = composition::system.page, .reservation = composition::system.page};

  [[nodiscard]] bool is_usable() const noexcept { return place_.parts != 0 && !broken_; }

  [[nodiscard]] bool reserve_and_map(std::size_t half, step_failure& why) noexcept {
    store& s = parts_.store;
    const attributes requested = parts_.requested();
    const steps on{s, requested, why};
    geometry shape = composition::shape;
    shape.alignment = shape.wanted_alignment;
    const layout l = plan(shape, 2 * half, system);
    place_ = {.before = l.before, .half = half, .after = l.total() - l.before - 2 * half};
    if (const int n = s.reserve_mirror(place_, l.alignment, requested)) return why.fail(n, step::reserve);
    if (!on.assure(place_.first())) return false;
    if (const int n = s.map_mirror(place_, requested)) return why.fail(n, step::commit);
    if (!on.configure(place_.both())) return false;
    if constexpr (populating_store<store>)
      if (const int n = s.populate(place_.both(), requested)) return why.fail(n, step::populate);
    return on.template apply<step::lock>(place_.first());  // both are the same pages, which would count twice
  }
  [[nodiscard]] int release() noexcept {
    return place_.parts == 0 ? 0 : static_cast<store&>(parts_.store).release_mirror(place_, parts_.requested());
  }
  void release_best_effort() noexcept {
    if (place_.parts == 0) return;
    (void)release();
    uncharge(place_.half);
    place_ = {};
    broken_ = false;
  }
  [[nodiscard]] int charge([[maybe_unused]] std::size_t bytes) noexcept {
    if constexpr (charging_store<typename A::backing_type>) return parts_.store.charge(bytes);
    return 0;
  }
  void uncharge([[maybe_unused]] std::size_t bytes) noexcept {
    if constexpr (charging_store<typename A::backing_type>) parts_.store.uncharge(bytes);
  }
  [[nodiscard]] static std::unexpected<error> failed(step_failure why) noexcept {
    return failure(A::backing_type::code_of(why.at, why.native), why.at, why.native);
  }

  composition parts_;
  mirror_place place_;
  bool broken_ = false;
};

}  // namespace quire
