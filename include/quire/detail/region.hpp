// SPDX-License-Identifier: BSL-1.0
#pragma once
// Operations on the pages of a memory. page_allocator has checked their arguments.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <quire/detail/pipeline.hpp>
#include <quire/detail/poisoning.hpp>
#include <quire/detail/region_words.hpp>
#include <quire/detail/tagging.hpp>
#include <quire/error.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/store/reuse.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class Store, class Composition>
class region : public region_words<Store, Composition> {
  using words = region_words<Store, Composition>;
  static constexpr demands demanded = Composition::demanded;
  static constexpr bool has_hardware_tags = Composition::has_hardware_tags;
  using steps = page_steps<demanded, Store>;
  using words::whole;

 public:
  using words::accessible, words::address, words::base, words::mark_broken, words::capacity, words::clear, words::part,
      words::parts, words::size, words::state;
  using words::words;  // the constructors

  /// `tag` is the tag to use; without it one is drawn.
  template <class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE bool reserve_and_commit(std::size_t initial, std::size_t maximum, step_failure& why,
                                                          [[maybe_unused]] Tag... tag) noexcept {
    attributes requested = parts.requested();
    tag_request& tags = requested.tags;
    const steps on{parts.store, requested, why};
    if constexpr (sizeof...(Tag) != 0) ask_for_tag(tags, tag...);
    std::uint16_t usable = 0;
    if constexpr (demanded.tagged())
      if (!permit_tags<demanded>(parts.store, tags, usable, why)) return false;
    const layout l = Composition::plan(maximum);
    const reservation got = parts.store.reserve(l.total(), l.alignment, requested);
    if (got.native != 0) return why.fail(got.native, step::reserve);
    const page_run all{got.base, l.total()}, first{got.base + l.before, parts.accessible_end(initial)};
    if (!prepare(on, all, first.base, usable, maximum, tags)) return undo_reserve(on, all, {first.base, 0}, maximum);
    if (initial != 0 && !(on.assure(first) && commit_first(on, first))) {
      const bool committed = steps::can_fail_when_committed && why.at != step::commit;
      return undo_reserve(on, all, {first.base, committed ? first.bytes : 0}, maximum);
    }
    this->adopt(has_hardware_tags ? with_tag_in(first.base, tags.tag) : first.base, initial, maximum);
    hide_slack(l.reserved);
    return true;
  }
  /// Commits `more` bytes; if a step fails, undoes the earlier ones.
  [[nodiscard]] BOOST_FORCEINLINE bool commit_more(std::size_t more, step_failure& why) noexcept {
    const attributes requested = this->requested();
    const steps on{parts.store, requested, why};
    const std::size_t old_end = accessible(), new_end = parts.accessible_end(size + more);
    const page_run added = part(old_end, new_end - old_end);
    const bool commits = Composition::exact || new_end != old_end;
    [[maybe_unused]] const shown_slack shown(*this, new_end);
    if (commits && !commit_run(on, added)) return false;
    if constexpr (!Composition::exact)
      if (!clear_slack(on, std::min(old_end, size + more))) {
        if (commits) retract(on, added);
        return false;
      }
    size = size + more;
    return true;
  }
  /// Decommits everything from `end` on.
  [[nodiscard]] BOOST_FORCEINLINE bool decommit_from(std::size_t end, step_failure& why) noexcept {
    const std::size_t old_end = accessible();
    return end == old_end || steps{parts.store, this->requested(), why}.give_up(part(end, old_end - end));
  }
  /// Leaves exactly `bytes` committed: readable and writable, zero (or the image), and tagged. All that is likely to be
  /// refused, growth included, comes before the first page is given up.
  [[nodiscard]] BOOST_FORCEINLINE bool reset(std::size_t bytes, step_failure& why) noexcept {
    attributes requested = this->requested();
    const steps on{parts.store, requested, why};
    unsigned char tag = requested.tags.tag;
    if (!choose_next_tag(tag, why)) return false;
    if constexpr (demanded.retagging) requested.tags.tag = tag;
    const std::size_t old_end = accessible(), end = parts.accessible_end(bytes);
    [[maybe_unused]] const shown_slack shown(*this, std::max(old_end, end));
    const std::size_t kept = std::min(end, old_end), more = grows_before_reset && kept != 0 ? end - kept : 0;
    if (more != 0 && !commit_run(on, part(kept, more))) return false;
    // The mapped part of an image is counted from its beginning, so it is restored over all pages at once, grown ones
    // included.
    const std::size_t renewed = image_backed_store<Store> ? end : end - more;
    if (!(check_headroom(on, kept) && renew(on, kept, old_end, renewed))) {
      if constexpr (image_backed_store<Store>) parts.store.cancel_restore();
      if (more != 0 && !why.lost) retract(on, part(kept, more));
      return why.lost ? lose(why, std::max(std::size_t{size}, end)) : false;
    }
    if constexpr (has_hardware_tags) base = with_tag_in(address(), tag);
    if constexpr (demanded.retagging)
      if (!assign_tag<demanded.registry>(base, capacity(), tag, why))
        return lose(why, std::max(std::size_t{size}, end));
    if constexpr (recycling_store<Store>) parts.store.clear_high_water_mark();
    size = bytes;
    return true;
  }
  /// Makes pages zero and gives their memory back; access stays.
  [[nodiscard]] BOOST_FORCEINLINE bool discard(page_run r, step_failure& why) noexcept {
    return steps{parts.store, this->requested(), why}.discard(r);
  }
  /// Checks whether pages can be cleared in place, if that is how the store discards some.
  [[nodiscard]] BOOST_FORCEINLINE bool check_writable([[maybe_unused]] page_run r,
                                                      [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (has_hardware_tags)
      if (const int n = parts.store.check_writable(r)) return why.fail(n, step::populate);
    if constexpr (discard_precheck_store<Store>)
      if (const int n = parts.store.check_discard(r)) return why.fail(n, step::discard);
    return true;
  }
  /// Releases the whole reservation; returns 0 or the native code. The tag is erased first, because released addresses
  /// may belong to another memory at once.
  [[nodiscard]] BOOST_FORCEINLINE int release() noexcept {
    [[maybe_unused]] const unsigned kept = this->tag();
    show_slack();
    erase_tag<demanded.registry>(base, capacity());
    const int n = parts.store.release(whole(), part(0, accessible()), this->requested());
    if constexpr (is_registry<demanded.registry>)
      if (n != 0) (void)demanded.registry->assign(base, registered_bytes(capacity()), kept);
    if (n != 0) hide_slack(this->placed().reserved);
    if constexpr (image_placing_store<Store>)
      if (n != 0 && parts.store.half_released()) mark_broken();
    return n;
  }

  BOOST_FORCEINLINE void release_best_effort() noexcept {
    if (this->vacant() || this->damaged()) return;  // a damaged base may be another memory's: it is not released
    erase_tag<demanded.registry>(base, capacity());
    step_failure ignored;
    show_slack();
    steps{parts.store, this->requested(), ignored}.release_best_effort(whole(), part(0, accessible()));
    clear();
  }

  /// What is decommitted already is no longer a part of the memory.
  void shrink_to(std::size_t bytes) noexcept {
    const std::size_t end = accessible();
    if constexpr (has_slack) show_slack(end);
    size = bytes;
    hide_slack(end);
  }

 private:
  // Bytes from the size on that no fault keeps the program from: in a buffer all, and where the bound is coarse, those
  // up to the accessible end.
  static constexpr bool never_faults = Store::traits.fault == fault::none;
  static constexpr bool has_slack = poisoning::active && (never_faults || !Composition::exact);

  [[nodiscard]] std::size_t slack_end(std::size_t end) const noexcept { return never_faults ? end : accessible(); }
  void show_slack(std::size_t end) const noexcept { poisoning::show(address(), size, slack_end(end)); }
  void hide_slack([[maybe_unused]] std::size_t end) const noexcept {
    if constexpr (has_slack) poisoning::hide(address(), size, slack_end(end));
  }
  void show_slack() const noexcept {
    if constexpr (has_slack) show_slack(this->placed().reserved);
  }
  /// While it exists, the operation may touch what is not, or not yet, the program's, up to `end`.
  struct shown_slack {
    shown_slack(const region& shown, std::size_t up_to) noexcept : of(shown), end(up_to) {
      if constexpr (has_slack) of.show_slack(end);
    }
    ~shown_slack() {
      if constexpr (has_slack)
        if (of.state() == region_state::owned) of.hide_slack(end);
    }
    shown_slack(const shown_slack&) = delete;
    shown_slack& operator=(const shown_slack&) = delete;
    const region& of;
    const std::size_t end;
  };

  static constexpr void ask_for_tag(tag_request& request, unsigned char tag) noexcept {
    request.choices = static_cast<std::uint16_t>(1u << tag);
    request.source = tag_source::given;
  }
  /// Prepares a reservation before its first page is committed: configured as a whole, it stays one mapping.
  [[nodiscard]] BOOST_FORCEINLINE bool prepare(const steps& on, page_run all, const std::byte* begin,
                                               std::uint16_t usable, std::size_t maximum, tag_request& tags) noexcept {
    if constexpr (demanded.tagged())
      if (!choose_tag<demanded>(parts.store, all.base, usable, tags, on.why)) return false;
    return on.configure(all) && assign_tag<demanded.registry>(begin, maximum, tags.tag, on.why);
  }
  [[nodiscard]] BOOST_FORCEINLINE static bool commit_first(const steps& on, page_run first) noexcept {
    if (on.commit_and_prepare(first)) return true;
    on.diagnose(first);
    return false;
  }
  /// Undoes a reservation. False, as allocate has failed.
  BOOST_FORCEINLINE static bool undo_reserve(const steps& on, page_run all, page_run accessible,
                                             std::size_t maximum) noexcept {
    erase_tag<demanded.registry>(accessible.base, maximum);
    on.release_best_effort(all, accessible);
    return false;
  }

  [[nodiscard]] BOOST_FORCEINLINE bool commit_run(const steps& on, page_run added) noexcept {
    if (!on.assure(added)) return false;
    if (on.commit_and_prepare(added)) return true;
    if constexpr (quota_store<Store>)
      if (Store::refuses_whole(on.why.native)) return false;
    if (on.try_revert(added)) return false;
    on.diagnose(added);
    retract(on, added);
    return false;
  }
  /// The memory is lost. Its size then is the most that may still be committed, which release and release_best_effort
  /// give back: at most the capacity, as a larger size would leave room for growth. False, as the operation has failed.
  BOOST_FORCEINLINE bool lose(step_failure& why, std::size_t end) noexcept {
    why.lost = true;
    size = Composition::exact ? end : std::min(end, capacity());
    return false;
  }
  /// Undoes commit_run. If that fails too, pages beyond the end may be accessible.
  BOOST_FORCEINLINE void retract(const steps& on, page_run added) noexcept {
    if (step_failure undoing; !steps{on.store, on.requested, undoing}.decommit(added))
      lose(on.why, static_cast<std::size_t>(added.base + added.bytes - address()));
  }

  [[nodiscard]] BOOST_FORCEINLINE bool choose_next_tag([[maybe_unused]] unsigned char& next,
                                                       [[maybe_unused]] step_failure& why) noexcept {
    if constexpr (demanded.tagged() && demanded.retagging) {
      tag_request request = parts.requested().tags;
      std::uint16_t usable = 0;
      if (!permit_tags<demanded>(parts.store, request, usable, why)) return false;
      usable = static_cast<std::uint16_t>(usable & ~(1u << this->tag()));
      if (!choose_tag<demanded>(parts.store, whole().base, usable, request, why)) return false;
      next = request.tag;
    }
    return true;
  }
  /// Checks whether pages that were given back since can be brought in again, if the residency policy asks for it.
  [[nodiscard]] BOOST_FORCEINLINE bool check_headroom([[maybe_unused]] const steps& on,
                                                      [[maybe_unused]] std::size_t kept) noexcept {
    if constexpr (demanded.has<capability::assurance>())
      if (kept != 0)
        if (const int n = on.store.recheck_headroom(part(0, kept), on.requested)) return on.why.fail(n, step::commit);
    return true;
  }

  // Reset does not discard where discarding is decommit and commit, nor does it discard tagged pages where commit maps
  // anew, which drops their tags. Otherwise tagged pages are cleared in place, after they are made accessible.
  static constexpr bool resets_by_discard =
      (recycling_store<Store> || (discarding_store<Store> && !Store::traits.discard_recommits)) &&
      !(has_hardware_tags && (Store::traits.commit_remaps || image_backed_store<Store>));
  // The mapped part of an image, and the charge of a quota, are counted from the base: such a memory does not grow
  // first if its beginning is decommitted afterwards.
  static constexpr bool grows_before_reset = resets_by_discard || (!image_backed_store<Store> && !quota_store<Store>);
  // Protected pages are made accessible while their contents still exist, because that may be refused.
  static constexpr bool opens_before_reset =
      protectable_store<Store> && !Store::traits.discard_recommits && !Store::traits.decommit_comes_first;

  /// Makes the first `kept` bytes, and those up to `end` that were not committed before, as if freshly committed;
  /// decommits the others, up to `old_end`.
  [[nodiscard]] BOOST_FORCEINLINE bool renew(const steps& on, std::size_t kept, std::size_t old_end,
                                             std::size_t end) noexcept {
    const std::size_t discarded = resets_by_discard ? kept : 0;
    if (kept != 0 && !open_before_reset(on, kept, old_end)) return false;
    if constexpr (demanded.has<capability::locking>() && resets_by_discard)
      if (kept != 0)  // a process that has given up its privileges may be refused
        if (const int n = on.store.lock(part(0, kept))) return on.why.fail(n, step::lock);
    if constexpr (quota_store<Store>)
      if (end != 0)
        if (const int n = on.store.precharge(part(0, end))) return on.why.fail(n, step::commit);
    if (discarded != old_end && !(mend_image(on, end) && on.give_up(part(discarded, old_end - discarded)))) {
      if constexpr (quota_store<Store>) on.store.end_precharge();
      return false;
    }
    if (end == 0) return true;
    if constexpr (image_backed_store<Store>) on.store.begin_restore();
    const page_run renewed = part(0, end);
    const bool done = old_end == 0 ? commit_run(on, renewed) : refill(on, renewed);
    if (!done && discarded != old_end) on.why.lost = true;
    if constexpr (quota_store<Store>) on.store.end_precharge();
    return done;
  }
  /// What may be refused of the image's restoration; after it, contents have changed if a later step fails.
  [[nodiscard]] BOOST_FORCEINLINE bool mend_image([[maybe_unused]] const steps& on,
                                                  [[maybe_unused]] std::size_t end) noexcept {
    if constexpr (image_mending_store<Store>)
      if (end != 0) {
        on.store.begin_restore();
        const outcome done = on.store.mend_image(part(0, end), on.requested);
        if (done.native != 0) return on.why.fail(done, step::discard);
        on.why.lost = done.lost;
      }
    return true;
  }
  /// At the limit of mappings the access of a part may be refused although that of the whole, which needs no split, is
  /// not.
  [[nodiscard]] BOOST_FORCEINLINE bool open_before_reset([[maybe_unused]] const steps& on,
                                                         [[maybe_unused]] std::size_t kept,
                                                         [[maybe_unused]] std::size_t old_end) noexcept {
    if constexpr (opens_before_reset) {
      const int n = on.store.protect(part(0, kept), access::read_write, on.requested);
      if (n != 0 && (kept == old_end || on.store.protect(part(0, old_end), access::read_write, on.requested) != 0))
        return on.why.fail(n, step::commit);
    }
    return true;
  }
  [[nodiscard]] BOOST_FORCEINLINE bool refill(const steps& on, page_run renewed) noexcept {
    constexpr bool in_place = has_hardware_tags && resets_by_discard;
    if constexpr (resets_by_discard) {
      if (in_place && !on.commit_and_configure(renewed)) return false;
      if (!on.restore_initial_contents(renewed)) return false;
    }
    constexpr bool is_open = opens_before_reset && resets_by_discard && !commit_maps_anew<demanded, Store>;
    if (in_place) return true;
    const bool done = is_open ? on.populate_and_fill(renewed) : on.commit_and_prepare(renewed);
    if (!done) on.why.lost = true;
    return done;
  }

  /// If the bound is not exact, bytes between the size and the accessible end may have been written without a fault.
  /// Those that growth hands out are made writable, as a block may have been protected, then populated and cleared.
  [[nodiscard]] BOOST_FORCEINLINE bool clear_slack(const steps& on, std::size_t end) noexcept {
    if (end <= size) return true;
    const std::size_t from = align_down(size, parts.granularity());
    [[maybe_unused]] const page_run slack = part(from, align_up(end, parts.granularity()) - from);
    if constexpr (protectable_store<Store>)
      if (const int n = on.store.protect(slack, access::read_write, on.requested)) return on.why.fail(n, step::commit);
    if constexpr (populating_store<Store>)
      if (on.requested.huge != huge_request::from_pool)  // protect has populated a pool's pages
        if (const int n = on.store.populate(slack, on.requested)) return on.why.fail(n, step::populate);
    std::memset(base + size, 0, end - size);
    if constexpr (requires { parts.store.image_cleared(slack); }) parts.store.image_cleared(slack);
    return true;
  }
};

}  // namespace quire::detail
