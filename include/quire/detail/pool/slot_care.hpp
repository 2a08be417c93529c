// SPDX-License-Identifier: BSL-1.0
#pragma once
// What happens to the pages of one slot, and what its record tells of them afterwards.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/detail/copy_contents.hpp>
#include <quire/detail/page_ranges.hpp>
#include <quire/detail/poisoning.hpp>
#include <quire/detail/pool/slot_arenas.hpp>
#include <quire/detail/pool/slot_memory.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/detail/pool/slot_start.hpp>
#include <quire/detail/pool/slot_tags.hpp>
#include <quire/detail/pool/used_pages.hpp>
#include <quire/policy/recycling.hpp>

namespace quire::detail {

/// In a pool without keys and tags.
struct no_scope {};

/// Each function is called by the one thread that has the slot.
template <class Store, class Parts, class Recycling, class Bounds>
class slot_care : public slot_memory<Store, Parts, Bounds>,
                  public slot_starts<Store, image_backed_store<typename Parts::store_type>> {
  using memory = slot_memory<Store, Parts, Bounds>;

 public:
  using record = slot_record;
  using state = typename detail::state_of<Recycling>::type;
  static constexpr bool may_scan = scans<Recycling>, has_images = image_backed_store<typename Parts::store_type>;
  static constexpr demands demanded = Parts::demanded;
  static constexpr bool populates = any_acts_at<demanded, step::populate, capabilities>,
                        locks = any_acts_at<demanded, step::lock, capabilities>,
                        has_tags = demanded.has<capability::hardware_tags>(), prepares = populates || locks || has_tags;
  static_assert(!(populates && locks), "one count of prepared pages serves one of them");
  /// Whether large images are mapped into slots. Each then has a mapping of its own, which has no key; pages are
  /// brought in on demand; and the image must exist when a slot is cleaned.
  static constexpr bool maps_images = has_images && maps_into_slots<Store> && private_scanning_store<Store> &&
                                      !Bounds::marks && Bounds::stripes == 0 && !prepares && may_wait<Recycling> == 0;
  using typename slot_starts<Store, has_images>::start;

  /// What is remembered of each slot lies side by side, all zero at first.
  static constexpr std::size_t bytes_of_slot =
      sizeof(record) + (std::is_empty_v<state> ? 0 : sizeof(state)) + (has_images ? sizeof(slot_start<Store>) : 0);
  static_assert(alignof(state) <= alignof(std::uint64_t), "the tables are aligned to a word");
  slot_care(const Parts& given, std::byte* tables, std::size_t count) noexcept
      : memory(given), records(reinterpret_cast<record*>(tables)) {
    std::byte* rest = tables + count * sizeof(record);
    if constexpr (has_images) {
      this->starts = reinterpret_cast<slot_start<Store>*>(rest);
      rest += count * sizeof(slot_start<Store>);
    }
    states = reinterpret_cast<state*>(rest);
  }

  // Set before the pool is shared.

  record* records;
  state* states;

  slot_layout layout{};
  slot_arenas arenas;
  std::size_t keep_resident = SIZE_MAX;         // bytes of each slot that recycling may leave in memory
  std::size_t keep_resident_in_all = SIZE_MAX;  // bytes of all slots together
  typename scanner_of<Store>::type scanner{};
  bool has_mappings_for_images = true;  // else they are copied

  /// Until the end of what is returned, this thread may touch the slot's pages, by their addresses without a tag.
  [[nodiscard]] auto touching([[maybe_unused]] const record& r) const noexcept {
    if constexpr (Bounds::stripes != 0)
      return this->keys.hold(r.colour);
    else if constexpr (has_tags)
      return unchecked_scope<Store>();
    else
      return no_scope();
  }

  // What the user of a slot does.

  /// Makes the pages up to `end` accessible, for a user that has some already. Pages that were closed are still
  /// committed, and some systems commit no page twice.
  [[nodiscard]] BOOST_NOINLINE int open_up(record& r, std::size_t end) noexcept {
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    const std::size_t kept = this->has_keys ? open : std::clamp(r.extent, open, end);
    int n = this->make_writable({r.base + open, kept - open});
    if (n == 0 && kept != end) n = this->open({r.base + kept, end - kept}, r.colour);
    if (n != 0) {
      r.faults |= record::grown_halfway;
      return n;
    }
    poisoning::resize(records, r.base, open, end);
    r.open.store(end, std::memory_order_relaxed);
    r.extent = std::max(r.extent, end);
    return 0;
  }
  /// Takes away the pages from `begin` to `end`, behind which nothing is accessible unless growth failed.
  [[nodiscard]] outcome shut(record& r, std::size_t begin, std::size_t end) noexcept {
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    outcome done = unmap_image(r, begin);
    const bool lost = done.lost;
    if (done.native == 0) done = this->take_away({r.base + begin, std::max(r.extent, end) - begin});
    if (done.native != 0) {
      r.faults |= record::suspect;
      return {done.native, done.lost || lost};
    }
    clear(r, record::grown_halfway);
    poisoning::resize(records, r.base, open, std::min(open, begin));
    r.open.store(std::min(open, begin), std::memory_order_relaxed);
    r.extent = std::min(r.extent, begin);
    forget_pages(r, begin);
    return {};
  }
  /// Maps or copies what is missing of the user's image below `end`, which lies within the accessible pages.
  [[nodiscard]] int fill_start(record& r, std::size_t end) noexcept
    requires has_images
  {
    slot_start<Store>& shown = start_of(r);
    const auto missing = shown.missing_below(end, this->page_bytes());
    if (missing.empty()) return 0;
    outcome done;
    if (!shown.is_mapped()) {
      [[maybe_unused]] const auto touching_it = touching(r);
      const auto contents = shown.contents_of(missing);
      done.native = copy_contents(this->store, r.base + missing.begin, contents, this->parts.requested());
      book_at_least(r, missing.end);
    } else if constexpr (maps_images) {
      done = this->map_image(missing.of(r.base), shown.object(), shown.there());
      if (done.native != 0) r.faults |= record::suspect;
    }
    if (done.native == 0 || done.lost) shown.add(missing);
    return done.native;
  }
  /// Maps what a reset will need of a mapped image below `end`; `lost` tells that contents have changed.
  [[nodiscard]] outcome mend_start(record& r, std::size_t end) noexcept
    requires maps_images
  {
    const outcome mended = mend_image(r);
    if (mended.native != 0 || !start_of(r).is_mapped()) return mended;
    const bool maps_more = !start_of(r).missing_below(end, this->page_bytes()).empty();
    const int n = maps_more ? fill_start(r, end) : 0;
    return {n, mended.lost || (n == 0 && maps_more)};
  }
  /// Books that pages up to `end` are in memory. Several threads may.
  void book_at_least(record& r, std::size_t end) noexcept {
    std::size_t before = r.resident.load(std::memory_order_relaxed);
    while (before < end)
      if (r.resident.compare_exchange_weak(before, end, std::memory_order_relaxed))
        return void(resident_ += end - before);
  }
  /// Cleans pages that stay in use.
  [[nodiscard]] outcome renew(record& r, page_run run) noexcept {
    const outcome mended = mend_image(r);
    if (mended.native != 0) return mended;
    const used_pages<slot_care> pages(*this, r, run);
    [[maybe_unused]] const auto touching_it = touching(r);
    const recycled done = Recycling::recycle(pages);
    if (done.native != 0) return {done.native, mended.lost || pages.changed()};
    if (done.resident > r.resident.load(std::memory_order_relaxed)) r.faults |= record::renewed;
    return {};
  }

  /// Makes pages zero, for the user.
  [[nodiscard]] outcome discard(record& r, page_run run) noexcept {
    if constexpr (maps_images)
      if (const auto image = mapped_in(r, run); !image.empty()) {
        const bool open = (r.faults & record::access_changed) == 0;
        const outcome done = this->clear_image(image.of(r.base), open);
        start_of(r).is_pierced = start_of(r).is_pierced || done.native == 0 || done.lost;
        if (done.native != 0) return done;
        return {around(run, image.of(r.base), [&](page_run rest) { return give_back_pages(r, rest).native; }), true};
      }
    return give_back_pages(r, run);
  }
  [[nodiscard]] int check_discard(const record& r, page_run run) noexcept
    requires maps_images
  {
    const auto image = mapped_in(r, run);
    return image.empty() ? 0 : this->store.may_clear_image(image.of(r.base), (r.faults & record::access_changed) == 0);
  }

  // What recycling policies do, through used_pages.

  [[nodiscard]] std::size_t keepable() const noexcept { return keep_resident; }
  [[nodiscard]] state& state_of(const record& r) const noexcept { return states[&r - records]; }
  [[nodiscard]] slot_start<Store>& start_of(const record& r) const noexcept
    requires has_images
  {
    return this->starts[&r - records];
  }
  /// Over some stores the pages may be inaccessible after a failure.
  [[nodiscard]] outcome give_back_pages(record& r, page_run run) noexcept {
    ++given_back_;
    forget_pages(r, static_cast<std::size_t>(run.base - r.base));
    const outcome done = this->give_back(run);
    if (done.native != 0 && (done.lost || !discarding_store<Store>)) r.faults |= record::suspect;
    return done;
  }
  /// The same for all accessible pages of several slots, by their numbers + 1. False if it was refused; then some have
  /// lost their contents.
  [[nodiscard]] bool give_back_all(std::span<const std::uint32_t> slots) noexcept
    requires batch_discarding_store<Store>
  {
    page_run runs[64];
    std::size_t used = 0;
    for (const std::uint32_t slot : slots) {
      record& r = records[slot - 1];
      forget_pages(r, 0);
      if (const std::size_t open = r.open.load(std::memory_order_relaxed)) runs[used++] = {r.base, open};
    }
    if (outcome(this->store.discard_all({runs, used}, this->requested_of_discard())).native != 0) return false;
    given_back_ += used;
    return true;
  }
  [[nodiscard]] scan_result scan(page_run run, [[maybe_unused]] bool is_mapped, std::span<page_run> found) noexcept
    requires dirty_scanning_store<Store>
  {
    if constexpr (maps_images)
      if (is_mapped) return this->store.scan_private(scanner, run, found);
    return this->store.scan_dirty(scanner, run, found);
  }

  // Pages that are populated and locked as requested, and those that show an image, need not be made so again until
  // they are given back.

  void forget_pages(record& r, std::size_t from) const noexcept {
    if constexpr (prepares) r.prepared = std::min(r.prepared, static_cast<std::uint32_t>(from / this->page_bytes()));
    if constexpr (has_images) start_of(r).lose(from);
  }
  [[nodiscard]] std::size_t prepared_bytes(const record& r) const noexcept {
    if constexpr (prepares) return r.prepared * this->page_bytes();
    return 0;
  }

  [[nodiscard]] std::uint64_t given_back() const noexcept { return given_back_; }

 protected:
  /// Gives the slot the tag of its next user, which that of the last one does not match any more. 0 or the native code.
  [[nodiscard]] int recolour(record& r, bool clean) noexcept
    requires has_tags
  {
    const auto place = arenas.place_of(static_cast<std::uint32_t>(&r - records));
    const unsigned choices = this->parts.requested().tags.choices & tags_at_place(place) & ~(1U << r.colour);
    r.colour = next_tag(r.colour, static_cast<std::uint16_t>(choices));
    const std::size_t there = prepared_bytes(r);
    return !clean || there == 0 ? 0 : this->store.tag({r.base, there}, r.colour);
  }
  /// Maps the image again, if the user has discarded pages of it; `lost` tells that it was. The image exists as long as
  /// the user's memory.
  [[nodiscard]] outcome mend_image([[maybe_unused]] record& r) noexcept {
    if constexpr (maps_images)
      if (slot_start<Store>& shown = start_of(r); shown.is_pierced) {
        const outcome done = this->remap_image(shown.mapped(0, SIZE_MAX).of(r.base), shown.object());
        if (done.native != 0) return done;
        shown.is_pierced = false;
        return {0, true};
      }
    return {};
  }
  /// Ends what is mapped of the image from `from` on; `lost` tells that something was.
  [[nodiscard]] outcome unmap_image([[maybe_unused]] record& r, [[maybe_unused]] std::size_t from) noexcept {
    if constexpr (maps_images)
      if (const auto image = start_of(r).mapped(from, SIZE_MAX); !image.empty()) {
        const outcome done = memory::unmap_image(image.of(r.base));
        const bool unmapped = done.native == 0 || done.lost;
        if (unmapped) start_of(r).cut(image.begin);
        return {done.native, unmapped};
      }
    return {};
  }

  static void clear(record& r, unsigned char faults) noexcept {
    r.faults = static_cast<unsigned char>(r.faults & ~faults);
  }
  [[nodiscard]] page_run guard_behind(const record& r) const noexcept {
    return {r.base + layout.capacity, layout.gap()};
  }
  [[nodiscard]] page_run guard_below(const record& r) const noexcept { return {r.base - layout.gap(), layout.gap()}; }

  /// Whether the slot is ready for a user with `wanted` accessible bytes.
  [[nodiscard]] BOOST_FORCEINLINE bool suits(const record& r, std::size_t wanted,
                                             [[maybe_unused]] start first) const noexcept {
    if constexpr (has_images)
      if (!start_of(r).is(first)) return false;
    return r.faults == 0 && r.open.load(std::memory_order_relaxed) <= wanted;
  }
  /// Prepares a slot for a user with `wanted` accessible bytes. If it has more, closes what the last user had beyond: a
  /// shrink that was put off until now.
  [[nodiscard]] BOOST_NOINLINE int fit(record& r, std::size_t wanted, [[maybe_unused]] start first,
                                       [[maybe_unused]] bool begins_arena) noexcept {
    bool shows_another = false;
    if constexpr (has_images) shows_another = !start_of(r).is_none() && !start_of(r).is(first);
    if (shows_another || (r.faults & ~record::unguarded) != 0)
      if (const int n = purge(r)) return n;
    if constexpr (has_images) start_of(r).become(first, maps_images && has_mappings_for_images);
    if constexpr (Bounds::marks)
      if (r.faults != 0) {
        int n = begins_arena ? 0 : this->close(guard_below(r));
        if (n == 0) n = this->close(guard_behind(r));
        if (n != 0) return n;
        r.faults = 0;
      }
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    if (open <= wanted) return 0;
    poisoning::show(r.base, wanted, open);
    if (const int n = this->close({r.base + wanted, open - wanted})) {
      r.faults |= record::suspect;  // a part may be closed
      return n;
    }
    r.open.store(wanted, std::memory_order_relaxed);
    forget_pages(r, wanted);
    if (!this->keeps_what_it_closes()) {
      r.extent = wanted;
      book(r, std::min(wanted, r.resident.load(std::memory_order_relaxed)));
    }
    return 0;
  }
  /// Whether everything accessible is readable and writable again, so that it can be cleaned.
  [[nodiscard]] BOOST_NOINLINE bool settle(record& r) noexcept {
    if ((r.faults & (record::suspect | record::grown_halfway)) != 0) return false;
    return (r.faults & record::access_changed) == 0 ||
           this->make_writable({r.base, r.open.load(std::memory_order_relaxed)}) == 0;
  }
  /// Whether a slot that came back may not leave so many bytes in memory. They may be booked: its user's image, and
  /// what the user has populated.
  [[nodiscard]] bool is_too_much(const record& r, std::size_t now) const noexcept {
    const std::size_t others = resident_.load(std::memory_order_relaxed) - r.resident.load(std::memory_order_relaxed);
    return now > keep_resident || others + now > keep_resident_in_all;
  }
  /// Books what is left in memory of a slot that came back. What is not clean, and what may not stay, is given back;
  /// false if it cannot be.
  [[nodiscard]] BOOST_NOINLINE bool account(record& r, bool clean, std::size_t now) noexcept {
    if (!clean || (is_too_much(r, now) && r.extent != 0)) {
      ++given_back_;
      if (purge(r) != 0) return false;
      now = 0;
    }
    book(r, now);
    return true;
  }
  void book(record& r, std::size_t now) noexcept {
    const std::size_t before = r.resident.load(std::memory_order_relaxed);
    if (now == before) return;
    r.resident.store(now, std::memory_order_relaxed);
    resident_ += now - before;
  }
  /// Takes away everything that the slot may have, which makes it clean. If that fails, it is suspect.
  [[nodiscard]] int purge(record& r) noexcept {
    const bool known = (r.faults & (record::suspect | record::grown_halfway)) == 0;
    const page_run all{r.base, known ? r.extent : layout.capacity};
    poisoning::show(r.base, 0, r.open.load(std::memory_order_relaxed));
    outcome done = unmap_image(r, 0);
    if (done.native == 0 && all.bytes != 0) done = this->take_away(all);
    if (done.native != 0) {
      r.faults |= record::suspect;
      return done.native;
    }
    r.open.store(0, std::memory_order_relaxed);
    r.extent = 0;
    r.prepared = 0;
    if constexpr (has_images) start_of(r).become_none();
    clear(r, static_cast<unsigned char>(~record::unguarded));
    book(r, 0);
    return 0;
  }
  /// Gives back the memory of a free slot, except the last `keep` accessible bytes. Returns the bytes, an upper bound.
  /// The slot stays accessible, if nothing of it was closed.
  std::size_t trim_slot(record& r, std::size_t keep) noexcept {
    const std::size_t resident = r.resident.load(std::memory_order_relaxed);
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    if (resident == 0) return 0;  // else it may lie anywhere
    if (r.faults != 0 || r.extent != open || !discarding_store<Store>) {
      if (purge(r) != 0) return 0;
      keep = 0;
    } else if (keep >= open || give_back_pages(r, {r.base, open - keep}).native != 0) {
      return 0;
    }
    const std::size_t left = std::min(resident, keep);
    book(r, left);
    return resident - left;
  }

 private:
  /// The mapped pages of a run.
  [[nodiscard]] auto mapped_in(const record& r, page_run run) const noexcept
    requires maps_images
  {
    const auto from = static_cast<std::size_t>(run.base - r.base);
    return start_of(r).mapped(from, from + run.bytes);
  }

  std::atomic<std::uint64_t> given_back_{0};
  std::atomic<std::size_t> resident_{0};  // the sum of what the records say
};

}  // namespace quire::detail
