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
      if (why.at == step::reserve || why.whose == Composition::preferring) {
        why = {};
        return establish<I + 1>(initial, maximum, why, tag...);
      }
    return false;
  }
  /// Commits `more` bytes. Undoes what it did if a step fails.
  [[nodiscard]] BOOST_FORCEINLINE bool extend(std::size_t more, trouble& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template extend_as<I>(more, why); });
  }
  /// Decommits everything from `end` on.
  [[nodiscard]] BOOST_FORCEINLINE bool withdraw(std::size_t end, trouble& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template withdraw_as<I>(end, why); });
  }
  /// Leaves `bytes` committed, readable and writable, zero (or the image's), and tagged, and nothing else. All that is
  /// likely to be refused comes before the first page is given up: what has to be grown is grown first.
  [[nodiscard]] BOOST_FORCEINLINE bool reset(std::size_t bytes, trouble& why) noexcept {
    return parts.with_acting(
        [&]<std::size_t I> [[gnu::always_inline]] () { return this->template reset_as<I>(bytes, why); });
  }
  /// Makes pages zero and gives their memory back; access stays.
  [[nodiscard]] BOOST_FORCEINLINE bool discard(page_run r, trouble& why) noexcept {
    return parts.with_acting([&]<std::size_t I> [[gnu::always_inline]] () {
      return detail::discard<Composition::template demands_in<I>>(parts.store, r, this->template wishes_as<I>(), why);
    });
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
    if (!prepare<d>(all, first.base, usable, maximum, wishes, why)) {
      forget_tag<d.keeper>(first.base, maximum);
      detail::abandon(parts.store, all, page_run{first.base, 0}, wishes);
      return false;
    }
    if (initial != 0 && !(assure<d>(parts.store, first, wishes, why) && commit<d>(parts.store, first, wishes, why))) {
      diagnose(parts.store, first, wishes, why);
      const bool committed = can_fail_when_committed<d, Store> && why.at != step::commit;
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
    if (commits && !commit_more<d>(added, wishes, why)) return false;
    if constexpr (!Composition::exact)
      if (!clear_slack(std::min(old_end, size + more), wishes, why)) {
        if (commits) retract<d>(added, wishes, why);
        return false;
      }
    size = size + more;
    return true;
  }
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool commit_more(page_run added, const attributes& wishes, trouble& why) noexcept {
    if (!assure<D>(parts.store, added, wishes, why)) return false;
    if (commit<D>(parts.store, added, wishes, why)) return true;
    if constexpr (budgeting_store<Store>)
      if (Store::refuses_whole(why.native)) return false;
    if (is_reverted(added, why)) return false;
    diagnose(parts.store, added, wishes, why);
    retract<D>(added, wishes, why);
    return false;
  }
  /// Whether there is nothing to undo after the failure of a commit.
  [[nodiscard]] BOOST_FORCEINLINE bool is_reverted([[maybe_unused]] page_run added,
                                                   [[maybe_unused]] const trouble& why) noexcept {
    if constexpr (commit_reverting_store<Store>)
      return why.at == step::commit && why.whose != cause::residency && parts.store.revert_commit(added, why.native);
    else
      return false;
  }
  /// Undoes commit_more. Where that fails too, pages beyond the end may be accessible: the memory is lost. Its size is
  /// then the most that may still be committed, which release and abandon give back.
  template <demands D>
  BOOST_FORCEINLINE void retract(page_run added, const attributes& wishes, trouble& why) noexcept {
    if (trouble undoing; !decommit<D>(parts.store, added, wishes, undoing)) {
      why.lost = true;
      size = static_cast<std::size_t>(added.base + added.bytes - address());
    }
  }

  template <std::size_t I>
  [[nodiscard]] BOOST_FORCEINLINE bool withdraw_as(std::size_t end, trouble& why) noexcept {
    const std::size_t old_end = accessible();
    return end == old_end || give_up<Composition::template demands_in<I>>(parts.store, part(end, old_end - end),
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
  [[nodiscard]] BOOST_FORCEINLINE bool reset_as(std::size_t bytes, trouble& why) noexcept {
    constexpr demands d = Composition::template demands_in<I>;
    attributes wishes = this->template wishes_as<I>();
    unsigned char tag = this->tag();
    if (!choose_next_tag_as<I>(tag, why)) return false;
    wishes.tags.tag = tag;
    const std::size_t old_end = accessible(), end = parts.template accessible_end_as<I>(bytes);
    const std::size_t kept = std::min(end, old_end), more = grows_before_reset<d> && kept != 0 ? end - kept : 0;
    if (more != 0 && !commit_more<d>(part(kept, more), wishes, why)) return false;
    // What is mapped of an image is counted from its beginning, so it comes over all pages at once, grown ones as well.
    const std::size_t renewed = starting_store<Store> ? end : end - more;
    if (!(check_held<d>(kept, wishes, why) && renew<d>(kept, old_end, renewed, wishes, why))) {
      if constexpr (starting_store<Store>) parts.store.cancel_start_over();
      if (more != 0 && !why.lost) retract<d>(part(kept, more), wishes, why);
      if (why.lost) size = std::max(std::size_t{size}, end);
      return false;
    }
    if constexpr (d.hardware_tags) base = with_tag_in(address(), tag);
    if constexpr (d.retagging)
      if (!keep_tag<d.keeper>(base, capacity(), tag, why)) {
        why.lost = true;
        size = std::max(std::size_t{size}, end);
        return false;
      }
    size = bytes;
    return true;
  }
  /// Whether pages that were given back since can come again, where the residency asks for it.
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool check_held([[maybe_unused]] std::size_t kept,
                                                  [[maybe_unused]] const attributes& wishes,
                                                  [[maybe_unused]] trouble& why) noexcept {
    if constexpr (D.assurance)
      if (kept != 0)
        if (const int n = parts.store.assure_again(part(0, kept), wishes))
          return why.is(n, step::commit, cause::residency);
    return true;
  }

  // Mapping anew takes tags away, so nothing is discarded where committing maps, nor where discarding is committing
  // anew; else tagged pages are cleared in place, and access comes first.
  template <demands D>
  static constexpr bool resets_by_discard = discarding_store<Store> && !Store::facts.discard_recommits &&
                                            !(D.hardware_tags && (Store::facts.commit_remaps || starting_store<Store>));
  // What is mapped of an image, and what a quota is charged for, is counted from the beginning: such a memory does not
  // grow first where its beginning is decommitted afterwards.
  template <demands D>
  static constexpr bool grows_before_reset =
      resets_by_discard<D> || (!starting_store<Store> && !budgeting_store<Store>);
  // What was protected is made accessible as long as the contents are there: it may be refused.
  static constexpr bool opens_before_reset =
      protectable_store<Store> && !Store::facts.discard_recommits && !Store::facts.decommit_comes_first;

  /// The first `kept` bytes of `old_end` become as if freshly committed, with those up to `end`, if they were not
  /// committed before; what lies behind is decommitted.
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool renew(std::size_t kept, std::size_t old_end, std::size_t end,
                                             const attributes& wishes, trouble& why) noexcept {
    const std::size_t discarded = resets_by_discard<D> ? kept : 0;
    if (kept != 0 && !open_before_reset(kept, old_end, wishes, why)) return false;
    if constexpr (D.locking && resets_by_discard<D>)  // a process that has given up its privileges may be refused
      if (kept != 0)
        if (const int n = parts.store.lock(part(0, kept))) return why.is(n, step::lock, cause::residency);
    if constexpr (budgeting_store<Store>)
      if (end != 0)
        if (const int n = parts.store.precharge(part(0, end))) return why.is(n, step::commit, cause::store);
    if (discarded != old_end && !give_up<D>(parts.store, part(discarded, old_end - discarded), wishes, why)) {
      if constexpr (budgeting_store<Store>) parts.store.end_precharge();
      return false;
    }
    if (end == 0) return true;
    if constexpr (starting_store<Store>) parts.store.start_over();
    const page_run renewed = part(0, end);
    const bool done = old_end == 0 ? commit_more<D>(renewed, wishes, why) : refill<D>(renewed, wishes, why);
    if (!done && discarded != old_end) why.lost = true;
    if constexpr (budgeting_store<Store>) parts.store.end_precharge();
    return done;
  }
  /// At the limit of mappings a part may be refused although all of it, which needs no split, is not.
  [[nodiscard]] BOOST_FORCEINLINE bool open_before_reset([[maybe_unused]] std::size_t kept,
                                                         [[maybe_unused]] std::size_t old_end,
                                                         [[maybe_unused]] const attributes& wishes,
                                                         [[maybe_unused]] trouble& why) noexcept {
    if constexpr (opens_before_reset) {
      const int n = parts.store.protect(part(0, kept), access::read_write, wishes);
      if (n != 0 && (kept == old_end || parts.store.protect(part(0, old_end), access::read_write, wishes) != 0))
        return why.is(n, step::commit, cause::store);
    }
    return true;
  }
  template <demands D>
  [[nodiscard]] BOOST_FORCEINLINE bool refill(page_run kept, const attributes& wishes, trouble& why) noexcept {
    constexpr bool in_place = D.hardware_tags && resets_by_discard<D>;
    if constexpr (resets_by_discard<D>) {
      if (in_place && !open<D>(parts.store, kept, wishes, why)) return false;
      if (const outcome done = detail::rewind(parts.store, kept, wishes); done.native != 0)
        return why.is(done, step::discard, cause::store);
    }
    constexpr bool is_open = opens_before_reset && resets_by_discard<D> && !commit_remaps<D, Store>;
    if (in_place) return true;
    const bool done = is_open ? bring_in<D>(parts.store, kept, wishes, why) : commit<D>(parts.store, kept, wishes, why);
    if (!done) why.lost = true;
    return done;
  }

  /// Where the bound is not exact, bytes between the size and the accessible end may have been written without a fault.
  /// Those that growth hands out are made writable, as a block may have been protected, and there, and are cleared.
  [[nodiscard]] BOOST_FORCEINLINE bool clear_slack(std::size_t end, const attributes& wishes, trouble& why) noexcept {
    if (end <= size) return true;
    const std::size_t from = align_down(size, parts.granularity());
    [[maybe_unused]] const page_run slack = part(from, align_up(end, parts.granularity()) - from);
    if constexpr (protectable_store<Store>)
      if (const int n = parts.store.protect(slack, access::read_write, wishes))
        return why.is(n, step::commit, cause::store);
    if constexpr (populating_store<Store>)
      if (wishes.huge != huge_wish::from_pool)  // whose pages protect has taken
        if (const int n = parts.store.populate(slack, wishes)) return why.is(n, step::populate, cause::store);
    std::memset(base + size, 0, end - size);
    return true;
  }
};

}  // namespace quire::detail
