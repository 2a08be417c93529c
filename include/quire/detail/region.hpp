#pragma once
// Operations on the pages of a memory. page_allocator has checked their arguments.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <quire/detail/pipeline.hpp>
#include <quire/detail/region_words.hpp>
#include <quire/detail/tagging.hpp>
#include <quire/error.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class Store, class Composition>
class region : public region_words<Store, Composition> {
  using words = region_words<Store, Composition>;
  using words::whole;

 public:
  using words::accessible, words::address, words::base, words::mark_broken, words::capacity, words::clear, words::part,
      words::parts, words::size, words::state, words::words;

  /// Tries the alternatives in order, as long as the failure is that of their own request or of the reservation. `tag`
  /// is the tag to use; without it one is drawn.
  template <std::size_t I = 0, class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE bool reserve_and_commit(std::size_t initial, std::size_t maximum, step_failure& why,
                                                          Tag... tag) noexcept {
    if constexpr (Composition::alternatives > 1) parts.which = I;  // also on failure: explain asks for the requests
    if (reserve_and_commit_as<I>(initial, maximum, why, tag...)) return true;
    if constexpr (I + 1 < Composition::alternatives)
      if (why.at == step::reserve || why.axis == Composition::preferring) {
        why = {};
        return reserve_and_commit<I + 1>(initial, maximum, why, tag...);
      }
    return false;
  }
  /// Commits `more` bytes; if a step fails, undoes the earlier ones.
  [[nodiscard]] BOOST_FORCEINLINE bool commit_more(std::size_t more, step_failure& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template commit_more_as<I>(more, why); });
  }
  /// Decommits everything from `end` on.
  [[nodiscard]] BOOST_FORCEINLINE bool decommit_from(std::size_t end, step_failure& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template decommit_from_as<I>(end, why); });
  }
  /// Leaves exactly `bytes` committed: readable and writable, zero (or the image), and tagged. All that is likely to be
  /// refused, growth included, comes before the first page is given up.
  [[nodiscard]] BOOST_FORCEINLINE bool reset(std::size_t bytes, step_failure& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template reset_as<I>(bytes, why); });
  }
  /// Makes pages zero and gives their memory back; access stays.
  [[nodiscard]] BOOST_FORCEINLINE bool discard(page_run r, step_failure& why) noexcept {
    return parts.with_acting([&]<std::size_t I> [[gnu::always_inline]] () {
      return detail::discard<Composition::template demands_in<I>>(parts.store, r, this->template requested_as<I>(),
                                                                  why);
    });
  }
  /// Checks whether pages can be cleared in place, if that is how the store discards some.
  [[nodiscard]] BOOST_FORCEINLINE bool check_writable(page_run r, step_failure& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template check_writable_as<I>(r, why); });
  }
  /// Releases the whole reservation; returns 0 or the native code. The tag is erased first, because released addresses
  /// may belong to another memory at once.
  [[nodiscard]] BOOST_FORCEINLINE int release() noexcept {
    [[maybe_unused]] const unsigned kept = this->tag();
    forget_tag<Composition::registry>(base, capacity());
    const int n = parts.store.release(whole(), part(0, accessible()), this->requested());
    if constexpr (is_registry<Composition::registry>)
      if (n != 0) (void)Composition::registry->assign(base, kept_bytes(capacity()), kept);
    if constexpr (image_placing_store<Store>)
      if (n != 0 && parts.store.half_released()) mark_broken();
    return n;
  }

  BOOST_FORCEINLINE void release_best_effort() noexcept {
    if (this->vacant() || this->damaged()) return;  // a damaged base may be another memory's: it is not released
    forget_tag<Composition::registry>(base, capacity());
    detail::release_best_effort(parts.store, whole(), part(0, accessible()), this->requested());
    clear();
  }

 private:
  static constexpr void ask_for_tag(tag_request& request, unsigned char tag) noexcept {
    request.choices = static_cast<std::uint16_t>(1u << tag);
    request.source = tag_source::given;
  }
  template <std::size_t I, class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE bool reserve_and_commit_as(std::size_t initial, std::size_t maximum,
                                                             step_failure& why, [[maybe_unused]] Tag... tag) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    attributes requested = parts.template requested_by<I>();
    if constexpr (sizeof...(Tag) != 0) ask_for_tag(requested.tags, tag...);
    std::uint16_t usable = 0;
    if constexpr (d.tags())
      if (!permit_tags<d>(parts.store, requested.tags, usable, why)) return false;
    const layout l = Composition::template plan_as<I>(maximum);
    const reservation got = parts.store.reserve(l.total(), l.alignment, requested);
    if (got.native != 0) return why.fail(got.native, step::reserve, request_axis::store);
    const page_run all{got.base, l.total()}, first{got.base + l.before, parts.template accessible_end_as<I>(initial)};
    if (!prepare<d>(all, first.base, usable, maximum, requested, why)) {
      forget_tag<d.registry>(first.base, maximum);
      detail::release_best_effort(parts.store, all, page_run{first.base, 0}, requested);
      return false;
    }
    if (initial != 0 &&
        !(assure<d>(parts.store, first, requested, why) && commit_and_prepare<d>(parts.store, first, requested, why))) {
      diagnose(parts.store, first, requested, why);
      const bool committed = can_fail_when_committed<d, Store> && why.at != step::commit;
      forget_tag<d.registry>(first.base, maximum);
      detail::release_best_effort(parts.store, all, page_run{first.base, committed ? first.bytes : 0}, requested);
      return false;
    }
    this->adopt(d.hardware_tags ? with_tag_in(first.base, requested.tags.tag) : first.base, initial, maximum);
    return true;
  }
  /// Prepares a reservation before its first page is committed: configured as a whole, it stays one mapping.
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool prepare(page_run all, const std::byte* begin, std::uint16_t usable,
                                               std::size_t maximum, attributes& requested, step_failure& why) noexcept {
    if constexpr (D.tags())
      if (!choose_tag<D>(parts.store, all.base, usable, requested.tags, why)) return false;
    if (!configure<D>(parts.store, all, requested, why)) return false;
    return keep_tag<D.registry>(begin, maximum, requested.tags.tag, why);
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool commit_more_as(std::size_t more, step_failure& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes requested = this->template requested_as<I>();
    const std::size_t old_end = accessible(), new_end = parts.accessible_end(size + more);
    const page_run added = part(old_end, new_end - old_end);
    const bool commits = Composition::exact || new_end != old_end;
    if (commits && !commit_run<d>(added, requested, why)) return false;
    if constexpr (!Composition::exact)
      if (!clear_slack(std::min(old_end, size + more), requested, why)) {
        if (commits) retract<d>(added, requested, why);
        return false;
      }
    size = size + more;
    return true;
  }
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool commit_run(page_run added, const attributes& requested,
                                                  step_failure& why) noexcept {
    if (!assure<D>(parts.store, added, requested, why)) return false;
    if (commit_and_prepare<D>(parts.store, added, requested, why)) return true;
    if constexpr (quota_store<Store>)
      if (Store::refuses_whole(why.native)) return false;
    if (is_reverted(added, why)) return false;
    diagnose(parts.store, added, requested, why);
    retract<D>(added, requested, why);
    return false;
  }
  /// Whether a failed commit leaves nothing to undo.
  [[nodiscard]] BOOST_FORCEINLINE bool is_reverted([[maybe_unused]] page_run added,
                                                   [[maybe_unused]] const step_failure& why) noexcept {
    if constexpr (commit_reverting_store<Store>)
      return why.at == step::commit && why.axis != request_axis::residency &&
             parts.store.revert_commit(added, why.native);
    else
      return false;
  }
  /// Undoes commit_run. If that fails too, pages beyond the end may be accessible, and the memory is lost. Its size
  /// then is the most that may still be committed, which release and release_best_effort give back.
  template <demands D>
  BOOST_FORCEINLINE void retract(page_run added, const attributes& requested, step_failure& why) noexcept {
    if (step_failure undoing; !decommit<D>(parts.store, added, requested, undoing)) {
      why.lost = true;
      size = static_cast<std::size_t>(added.base + added.bytes - address());
    }
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool decommit_from_as(std::size_t end, step_failure& why) noexcept {
    const std::size_t old_end = accessible();
    return end == old_end || give_up<Composition::template demands_in<I>>(parts.store, part(end, old_end - end),
                                                                          this->template requested_as<I>(), why);
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool check_writable_as([[maybe_unused]] page_run r,
                                                         [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (Composition::template demands_in<I>.hardware_tags)
      if (const int n = parts.store.check_writable(r)) return why.fail(n, step::populate, request_axis::tagging);
    if constexpr (discard_precheck_store<Store>)
      if (const int n = parts.store.check_discard(r)) return why.fail(n, step::discard, request_axis::store);
    return true;
  }
  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool choose_next_tag_as([[maybe_unused]] unsigned char& next,
                                                          [[maybe_unused]] step_failure& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    if constexpr (d.tags() && d.retagging) {
      tag_request request = parts.template requested_by<I>().tags;
      std::uint16_t usable = 0;
      if (!permit_tags<d>(parts.store, request, usable, why)) return false;
      usable = static_cast<std::uint16_t>(usable & ~(1u << this->tag()));
      if (!choose_tag<d>(parts.store, whole().base, usable, request, why)) return false;
      next = request.tag;
    }
    return true;
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool reset_as(std::size_t bytes, step_failure& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    attributes requested = this->template requested_as<I>();
    unsigned char tag = this->tag();
    if (!choose_next_tag_as<I>(tag, why)) return false;
    requested.tags.tag = tag;
    const std::size_t old_end = accessible(), end = parts.template accessible_end_as<I>(bytes);
    const std::size_t kept = std::min(end, old_end), more = grows_before_reset<d> && kept != 0 ? end - kept : 0;
    if (more != 0 && !commit_run<d>(part(kept, more), requested, why)) return false;
    // The mapped part of an image is counted from its beginning, so it is restored over all pages at once, grown ones
    // included.
    const std::size_t renewed = image_backed_store<Store> ? end : end - more;
    if (!(check_held<d>(kept, requested, why) && renew<d>(kept, old_end, renewed, requested, why))) {
      if constexpr (image_backed_store<Store>) parts.store.cancel_restore();
      if (more != 0 && !why.lost) retract<d>(part(kept, more), requested, why);
      if (why.lost) size = std::max(std::size_t{size}, end);
      return false;
    }
    if constexpr (d.hardware_tags) base = with_tag_in(address(), tag);
    if constexpr (d.retagging)
      if (!keep_tag<d.registry>(base, capacity(), tag, why)) {
        why.lost = true;
        size = std::max(std::size_t{size}, end);
        return false;
      }
    size = bytes;
    return true;
  }
  /// Checks whether pages that were given back since can be brought in again, if the residency policy asks for it.
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool check_held([[maybe_unused]] std::size_t kept,
                                                  [[maybe_unused]] const attributes& requested,
                                                  [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (D.assurance)
      if (kept != 0)
        if (const int n = parts.store.recheck_headroom(part(0, kept), requested))
          return why.fail(n, step::commit, request_axis::residency);
    return true;
  }

  // Reset does not discard where discarding is decommit and commit, nor does it discard tagged pages where commit maps
  // anew, which drops their tags. Otherwise tagged pages are cleared in place, after they are made accessible.
  template <demands D>
  static constexpr bool resets_by_discard =
      discarding_store<Store> && !Store::traits.discard_recommits &&
      !(D.hardware_tags && (Store::traits.commit_remaps || image_backed_store<Store>));
  // The mapped part of an image, and the charge of a quota, are counted from the base: such a memory does not grow
  // first if its beginning is decommitted afterwards.
  template <demands D>
  static constexpr bool grows_before_reset =
      resets_by_discard<D> || (!image_backed_store<Store> && !quota_store<Store>);
  // Protected pages are made accessible while their contents still exist, because that may be refused.
  static constexpr bool opens_before_reset =
      protectable_store<Store> && !Store::traits.discard_recommits && !Store::traits.decommit_comes_first;

  /// Makes the first `kept` bytes of `old_end`, and those up to `end` that were not committed before, as if freshly
  /// committed; decommits the others.
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool renew(std::size_t kept, std::size_t old_end, std::size_t end,
                                             const attributes& requested, step_failure& why) noexcept {
    const std::size_t discarded = resets_by_discard<D> ? kept : 0;
    if (kept != 0 && !open_before_reset(kept, old_end, requested, why)) return false;
    if constexpr (D.locking && resets_by_discard<D>)  // a process that has given up its privileges may be refused
      if (kept != 0)
        if (const int n = parts.store.lock(part(0, kept))) return why.fail(n, step::lock, request_axis::residency);
    if constexpr (quota_store<Store>)
      if (end != 0)
        if (const int n = parts.store.precharge(part(0, end))) return why.fail(n, step::commit, request_axis::store);
    if (discarded != old_end && !give_up<D>(parts.store, part(discarded, old_end - discarded), requested, why)) {
      if constexpr (quota_store<Store>) parts.store.end_precharge();
      return false;
    }
    if (end == 0) return true;
    if constexpr (image_backed_store<Store>) parts.store.begin_restore();
    const page_run renewed = part(0, end);
    const bool done = old_end == 0 ? commit_run<D>(renewed, requested, why) : refill<D>(renewed, requested, why);
    if (!done && discarded != old_end) why.lost = true;
    if constexpr (quota_store<Store>) parts.store.end_precharge();
    return done;
  }
  /// At the limit of mappings the access of a part may be refused although that of the whole, which needs no split, is
  /// not.
  [[nodiscard]] BOOST_FORCEINLINE bool open_before_reset([[maybe_unused]] std::size_t kept,
                                                         [[maybe_unused]] std::size_t old_end,
                                                         [[maybe_unused]] const attributes& requested,
                                                         [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (opens_before_reset) {
      const int n = parts.store.protect(part(0, kept), access::read_write, requested);
      if (n != 0 && (kept == old_end || parts.store.protect(part(0, old_end), access::read_write, requested) != 0))
        return why.fail(n, step::commit, request_axis::store);
    }
    return true;
  }
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool refill(page_run kept, const attributes& requested, step_failure& why) noexcept {
    constexpr bool in_place = D.hardware_tags && resets_by_discard<D>;
    if constexpr (resets_by_discard<D>) {
      if (in_place && !commit_and_configure<D>(parts.store, kept, requested, why)) return false;
      if (const outcome done = detail::restore_initial_contents(parts.store, kept, requested); done.native != 0)
        return why.fail(done, step::discard, request_axis::store);
    }
    constexpr bool is_open = opens_before_reset && resets_by_discard<D> && !commit_maps_anew<D, Store>;
    if (in_place) return true;
    const bool done = is_open ? populate_and_lock<D>(parts.store, kept, requested, why)
                              : commit_and_prepare<D>(parts.store, kept, requested, why);
    if (!done) why.lost = true;
    return done;
  }

  /// If the bound is not exact, bytes between the size and the accessible end may have been written without a fault.
  /// Those that growth hands out are made writable, as a block may have been protected, then populated and cleared.
  [[nodiscard]] BOOST_FORCEINLINE bool clear_slack(std::size_t end, const attributes& requested,
                                                   step_failure& why) noexcept {
    if (end <= size) return true;
    const std::size_t from = align_down(size, parts.granularity());
    [[maybe_unused]] const page_run slack = part(from, align_up(end, parts.granularity()) - from);
    if constexpr (protectable_store<Store>)
      if (const int n = parts.store.protect(slack, access::read_write, requested))
        return why.fail(n, step::commit, request_axis::store);
    if constexpr (populating_store<Store>)
      if (requested.huge != huge_request::from_pool)  // protect has populated a pool's pages
        if (const int n = parts.store.populate(slack, requested))
          return why.fail(n, step::populate, request_axis::store);
    std::memset(base + size, 0, end - size);
    return true;
  }
};

}  // namespace quire::detail
