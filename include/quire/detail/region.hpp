#pragma once
// What happens to the pages of a memory. Arguments are checked above, in page_allocator.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <quire/detail/pipeline.hpp>
#include <quire/detail/region_words.hpp>
#include <quire/detail/tagging.hpp>
#include <quire/error.hpp>
#include <quire/geometry.hpp>
#include <quire/image_store.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class Store, class Composition>
class region : public region_words<Store, Composition> {
  using words = region_words<Store, Composition>;
  using words::whole;

 public:
  using words::accessible, words::address, words::base, words::break_down, words::capacity, words::forget, words::part,
      words::parts, words::size, words::state, words::words;

  /// Tries the alternatives in order, while it is their own wish that fails, or the reservation. A `tag` is the one to
  /// take; without it one is drawn.
  template <std::size_t I = 0, class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE bool establish(std::size_t initial, std::size_t maximum, trouble& why,
                                                 Tag... tag) noexcept {
    if constexpr (Composition::alternatives > 1) parts.which = I;  // also if it fails: explain asks what was wished
    if (establish_as<I>(initial, maximum, why, tag...)) return true;
    if constexpr (I + 1 < Composition::alternatives)
      if (why.at == step::reserve || why.whose == Composition::preferring)
        return establish<I + 1>(initial, maximum, why, tag...);
    return false;
  }
  /// Commits `more` bytes. Undoes what it did if a step fails; where that fails too, the region is broken.
  [[nodiscard]] BOOST_FORCEINLINE bool extend(std::size_t more, trouble& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template extend_as<I>(more, why); });
  }
  /// Decommits everything from `end` on.
  [[nodiscard]] BOOST_FORCEINLINE bool withdraw(std::size_t end, trouble& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template withdraw_as<I>(end, why); });
  }
  /// Whether it can start again with so many bytes, and with which tag: another one where the policy says so. Assured
  /// memory grows first, so that nothing is given up before all is held. Changes nothing else yet.
  [[nodiscard]] BOOST_FORCEINLINE bool may_start_again(std::size_t bytes, unsigned char& tag, trouble& why) noexcept {
    const std::size_t end = parts.accessible_end(bytes);
    const bool may = parts.with_acting([&]<std::size_t I> [[gnu::always_inline]] () {
      return this->template choose_next_tag_as<I>(tag, why) && this->template hold_as<I>(bytes, why);
    });
    if constexpr (budgeting_store<Store>)
      if (may && end != 0)
        if (const int n = parts.store.set_apart(part(0, end))) return why.is(n, step::commit, cause::store);
    return may;
  }
  /// Leaves so many bytes committed, readable and writable, zero, and tagged, and nothing else.
  [[nodiscard]] BOOST_FORCEINLINE bool start_again(std::size_t bytes, unsigned char tag, trouble& why) noexcept {
    const std::size_t end = parts.accessible_end(bytes);
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template start_again_as<I>(end, tag, why); });
  }
  /// Whether pages can be made zero where they are, if that is how the store discards some.
  [[nodiscard]] BOOST_FORCEINLINE bool check_writable(page_run r, trouble& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template check_writable_as<I>(r, why); });
  }
  /// The whole reservation; 0 or the native code. The tag is forgotten first: what is released may be another's at
  /// once.
  [[nodiscard]] BOOST_FORCEINLINE int release() noexcept {
    [[maybe_unused]] const unsigned kept = this->tag();
    forget_tag<Composition::keeper>(base, capacity());
    const int n = parts.store.release(whole(), part(0, accessible()), this->wishes());
    if constexpr (is_keeper<Composition::keeper>)
      if (n != 0) (void)Composition::keeper->paint(base, kept_bytes(capacity()), kept);
    if constexpr (image_placing_store<Store>)
      if (n != 0 && parts.store.half_released()) break_down();
    return n;
  }

  BOOST_FORCEINLINE void abandon() noexcept {
    if (this->vacant() || this->damaged()) return;  // what is damaged is not released: it might be another's
    forget_tag<Composition::keeper>(base, capacity());
    detail::abandon(parts.store, whole(), part(0, accessible()), this->wishes());
    forget();
  }

 private:
  static constexpr void ask_for_tag(tag_wish& wish, unsigned char tag) noexcept {
    wish.choices = static_cast<std::uint16_t>(1u << tag);
    wish.source = tag_source::given;
  }
  template <std::size_t I, class... Tag>
  [[nodiscard]] BOOST_FORCEINLINE bool establish_as(std::size_t initial, std::size_t maximum, trouble& why,
                                                    [[maybe_unused]] Tag... tag) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    attributes wishes = parts.template wishes_of<I>();
    if constexpr (sizeof...(Tag) != 0) ask_for_tag(wishes.tags, tag...);
    std::uint16_t usable = 0;
    if constexpr (d.tags())
      if (!permit_tags<d>(parts.store, wishes.tags, usable, why)) return false;
    const layout l = Composition::template plan_as<I>(maximum);
    const reservation got = parts.store.reserve(l.total(), l.alignment, wishes);
    if (got.native != 0) return why.is(got.native, step::reserve, cause::store);
    const page_run all{got.base, l.total()}, first{got.base + l.before, parts.template accessible_end_as<I>(initial)};
    const bool dressed = prepare<d>(all, first.base, usable, maximum, wishes, why);
    if (!dressed ||
        (initial != 0 && !(assure<d>(parts.store, first, wishes, why) && commit<d>(parts.store, first, wishes, why)))) {
      const bool committed = can_fail_when_committed<d, Store> && dressed && why.at != step::commit;
      forget_tag<d.keeper>(first.base, maximum);
      detail::abandon(parts.store, all, page_run{first.base, committed ? first.bytes : 0}, wishes);
      return false;
    }
    this->own(d.hardware_tags ? with_tag_in(first.base, wishes.tags.tag) : first.base, initial, maximum);
    return true;
  }
  /// What a reservation needs before its first page: dressed whole, it stays one mapping.
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool prepare(page_run all, const std::byte* begin, std::uint16_t usable,
                                               std::size_t maximum, attributes& wishes, trouble& why) noexcept {
    if constexpr (D.tags())
      if (!choose_tag<D>(parts.store, all.base, usable, wishes.tags, why)) return false;
    if (!dress<D>(parts.store, all, wishes, why)) return false;
    return keep_tag<D.keeper>(begin, maximum, wishes.tags.tag, why);
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool extend_as(std::size_t more, trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    const attributes wishes = this->template wishes_as<I>();
    const std::size_t old_end = accessible(), new_end = parts.accessible_end(size + more);
    const page_run added = part(old_end, new_end - old_end);
    const bool commits = Composition::exact || new_end != old_end;
    if (commits && !assure<d>(parts.store, added, wishes, why)) return false;
    bool done = !commits || commit<d>(parts.store, added, wishes, why);
    if constexpr (!Composition::exact) done = done && clear_slack(std::min(old_end, size + more), wishes, why);
    if (!done) {
      trouble undoing;
      if (commits && !decommit<d>(parts.store, added, wishes, undoing)) break_down();
      return false;
    }
    size = size + more;
    return true;
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool withdraw_as(std::size_t end, trouble& why) noexcept {
    const std::size_t old_end = accessible();
    return end == old_end || decommit<Composition::template demands_in<I>>(parts.store, part(end, old_end - end),
                                                                           this->template wishes_as<I>(), why);
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool check_writable_as([[maybe_unused]] page_run r,
                                                         [[maybe_unused]] trouble& why) noexcept {
    if constexpr (Composition::template demands_in<I>.hardware_tags)
      if (const int n = parts.store.check_writable(r)) return why.is(n, step::populate, cause::tagging);
    if constexpr (screening_store<Store>)
      if (const int n = parts.store.may_discard(r)) return why.is(n, step::discard, cause::store);
    return true;
  }
  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool hold_as([[maybe_unused]] std::size_t bytes,
                                               [[maybe_unused]] trouble& why) noexcept {
    if constexpr (Composition::template demands_in<I>.assurance) {
      const std::size_t before = size, held = std::min(parts.accessible_end(bytes), accessible());
      if (bytes > before && !extend_as<I>(bytes - before, why)) return false;
      if (held == 0) return true;
      if (const int n = parts.store.assure_again(part(0, held), this->template wishes_as<I>())) {
        trouble undoing;
        const bool undone = bytes <= before || withdraw_as<I>(parts.accessible_end(before), undoing);
        size = before;
        if (!undone) break_down();
        return why.is(n, step::commit, cause::residency);
      }
    }
    return true;
  }
  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool choose_next_tag_as([[maybe_unused]] unsigned char& next,
                                                          [[maybe_unused]] trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    if constexpr (d.tags() && d.retagging) {
      tag_wish wish = parts.template wishes_of<I>().tags;
      std::uint16_t usable = 0;
      if (!permit_tags<d>(parts.store, wish, usable, why)) return false;
      usable = static_cast<std::uint16_t>(usable & ~(1u << this->tag()));
      if (!choose_tag<d>(parts.store, whole().base, usable, wish, why)) return false;
      next = wish.tag;
    }
    return true;
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool start_again_as(std::size_t end, unsigned char tag, trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    // Mapping anew takes tags away, so nothing is kept where committing does, nor where discarding is committing anew;
    // else tagged pages are cleared in place, and access comes first.
    constexpr bool untags = Store::facts.commit_remaps || starting_store<Store>;
    constexpr bool keeps = discarding_store<Store> && !Store::facts.discard_recommits && !(d.hardware_tags && untags);
    constexpr bool in_place = d.hardware_tags && keeps;
    attributes wishes = this->template wishes_as<I>();
    wishes.tags.tag = tag;
    const std::size_t old_end = accessible(), kept = keeps ? std::min(end, old_end) : 0;
    if constexpr (starting_store<Store>)
      if (end != 0) parts.store.start_over();
    if (kept != old_end && !decommit<d>(parts.store, part(kept, old_end - kept), wishes, why)) return false;
    if constexpr (keeps)
      if (kept != 0) {
        if (in_place && !open<d>(parts.store, part(0, kept), wishes, why)) return false;
        if (const int n = detail::rewind(parts.store, part(0, kept), wishes))
          return why.is(n, step::discard, cause::store);
      }
    const std::size_t from = in_place ? kept : 0;
    const page_run all = part(from, end - from);
    if (end != from && !commit<d>(parts.store, all, wishes, why)) return false;
    if constexpr (d.hardware_tags) base = with_tag_in(address(), tag);
    return !d.retagging || keep_tag<d.keeper>(base, capacity(), tag, why);
  }

  /// Where the bound is not exact, bytes between the size and the accessible end may have been written to without a
  /// fault. Those that growth hands out are made writable (they may lie in a block that was protected) and cleared.
  [[nodiscard]] BOOST_FORCEINLINE bool clear_slack(std::size_t end, const attributes& wishes, trouble& why) noexcept {
    if (end <= size) return true;
    if constexpr (protectable_store<Store>) {
      const std::size_t from = align_down(size, parts.granularity()), to = align_up(end, parts.granularity());
      if (const int n = parts.store.protect(part(from, to - from), access::read_write, wishes))
        return why.is(n, step::commit, cause::store);
    }
    std::memset(base + size, 0, end - size);
    return true;
  }
};

}  // namespace quire::detail
