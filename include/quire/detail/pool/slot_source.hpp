// SPDX-License-Identifier: BSL-1.0
#pragma once
// The slots of a pool: who has them, and how they come and go.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/detail/poisoning.hpp>
#include <quire/detail/pool/free_slots.hpp>
#include <quire/detail/pool/moving_slots.hpp>
#include <quire/detail/pool/slot_care.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/detail/pool/used_pages.hpp>
#include <quire/explanation.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/store/reuse.hpp>

namespace quire::detail {

/// Lies in a reservation of its own, together with the records, so that a pool can be moved, or destroyed, while
/// memories are in use. Any thread may call any function, except those that open and close the pool.
template <class Store, class Parts, class Recycling, class Bounds>
class slot_source : public slot_care<Store, Parts, Recycling, Bounds> {
  using care = slot_care<Store, Parts, Recycling, Bounds>;

 public:
  using record = slot_record;
  using care::arenas, care::layout, care::records;
  using typename care::start;
  static constexpr bool waits = may_wait<Recycling> != 0;
  // Native codes of this library: no system has codes so low.
  static constexpr int too_large = INT_MIN, exhausted = INT_MIN + 1, capped = INT_MIN + 2;
  static constexpr bool is_own_code(int native) noexcept { return native <= capped; }
  static constexpr errc code_of(step at, int native) noexcept {
    if (native == too_large || native == exhausted) return errc::limit_exceeded;
    return native == capped ? errc::too_many_mappings : Store::code_of(at, native);
  }
  /// Of a refusal to take a slot. That makes no reservation: what a system refuses then is to divide a mapping.
  static constexpr errc code_of_refusal(int native) noexcept { return code_of(step::release, native); }

  /// The tables of so many slots, which are zero: the records, what is remembered of each slot, and the stacks.
  [[nodiscard]] static constexpr std::size_t bytes_of_tables(std::size_t count) noexcept {
    return stacks_behind(count) + free_slots::bytes;
  }
  static constexpr std::size_t alignment_of_tables = free_slots::alignment;
  slot_source(const Parts& given, page_run own, std::byte* tables, std::uint32_t count) noexcept
      : care(given, tables, count), own_(own), free_(tables + stacks_behind(count)) {
    poisoning::add_owner(records);
  }

  // Set before the pool is shared.

  std::uint32_t slots = 0;   // that the arenas hold
  std::uint32_t usable = 0;  // of these, as many as the limit of mappings permits
  // One for the accessible pages, and one for the rest; two more for an image and what lies before it.
  static constexpr std::size_t mappings_of_a_slot = 2, mappings_with_image = 4;

  /// Takes a slot for a user with this key that begins with `wanted` accessible bytes; 0 if there is none, or a call
  /// failed, and `native` is why. Preferred is the slot that this processor and key used last; then, for a key, one
  /// that was never used, and else one that another has used.
  [[nodiscard]] BOOST_FORCEINLINE std::uint32_t take(std::size_t wanted, std::uint64_t key, start first,
                                                     int& native) noexcept {
    const unsigned at = stack_for(key);
    const std::uint32_t slot = free_.pop(records, at);
    if (slot == 0 || !this->suits(of(slot), wanted, first)) [[unlikely]]
      return take_another(slot, at, wanted, key, first, native);
    return hand_out(slot, at, key);
  }
  /// Makes the slot clean and free, now or later. It returns to the stack that its user looked at first, which also
  /// serves users that take memories on one processor and return them on another.
  BOOST_FORCEINLINE void give(std::uint32_t slot) noexcept {
    poisoning::take_back(records, of(slot).base, 0, of(slot).open.load(std::memory_order_relaxed));
    if constexpr (waits)
      set_aside(slot);
    else
      clean_and_free(slot, [](const used_pages<care>& pages) noexcept { return Recycling::recycle(pages); });
    if (detached_.load(std::memory_order_relaxed)) [[unlikely]]
      leave();
  }
  /// Cleans slots that wait for it, at most so many. Returns their number.
  std::uint32_t clean_waiting(std::uint32_t most) noexcept
    requires waits
  {
    if (free_.is_empty(free_slots::waiting)) return 0;
    const moving now(moves_);
    std::uint32_t cleaned = 0;
    while (cleaned != most) {
      const std::uint32_t some = clean_some(std::min(most - cleaned, at_once));
      cleaned += some;
      if (some == 0) break;
    }
    return cleaned;
  }

  /// A slot came back, to the pool or to the cache of a thread. Only the thread that has the slot may say so.
  BOOST_FORCEINLINE void count_use(record& r) noexcept {
    const std::uint32_t uses = r.uses.load(std::memory_order_relaxed) + 1;
    r.uses.store(uses, std::memory_order_relaxed);
    if (uses == 0) [[unlikely]]
      uses_before_ += std::uint64_t{1} << 32;
  }
  [[nodiscard]] BOOST_FORCEINLINE record& of(std::uint32_t slot) const noexcept { return records[slot - 1]; }
  [[nodiscard]] std::span<const record> ever_used() const noexcept { return {records, fresh_.load()}; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::uint64_t recycled_before() const noexcept { return uses_before_; }
  [[nodiscard]] std::uint32_t live() const noexcept {
    const std::span<const record> known = ever_used();
    return static_cast<std::uint32_t>(std::count_if(known.begin(), known.end(), [](const record& r) {
      const slot_state now = r.state.load(std::memory_order_relaxed);
      return now == slot_state::live || now == slot_state::kept;
    }));
  }

  /// Why a slot was refused, or a pool not opened.
  [[nodiscard]] explanation explain_refusal() const noexcept {
    if constexpr (mapping_limited_store<Store>)
      if (usable < slots) {
        const mapping_count now = this->store.count_mappings();
        return {limit_kind::mappings, "vm.max_map_count (a pool leaves a tenth)", now.used, now.most};
      }
    const std::uint64_t each = layout.capacity;
    return {limit_kind::configured, "the slots of the pool", live() * each, usable * each};
  }

  /// Gives back memory of free slots, stack by stack, and of each stack those first that have been free longest, until
  /// `bytes` were given back; of each the last `keep` accessible bytes stay. Returns the bytes that were given back, an
  /// upper bound.
  std::size_t trim(std::size_t bytes, std::size_t keep = 0) noexcept {
    std::size_t given = 0;
    if constexpr (waits) {
      if (keep == 0)
        given = trim_waiting(bytes);
      else  // what stays has to be cleaned
        (void)clean_waiting(UINT32_MAX);
    }
    for (unsigned at = 0; at < free_slots::stacks && given < bytes; ++at) given += trim_stack(at, bytes - given, keep);
    return given;
  }

  /// From now on the last user that leaves releases everything. Precondition: no other thread uses the pool, or returns
  /// a slot, at this time.
  void detach() noexcept {
    users_left_ = live();
    detached_ = true;
    if (users_left_ == 0) release_all();
  }
  /// Releases the arenas and this object. Precondition: no slot is in use.
  void release_all() noexcept {
    Store last = this->store;
    const page_run own = own_;
    if constexpr (poisoning::active)
      for (const record& r : ever_used()) poisoning::show(r.base, 0, r.open.load(std::memory_order_relaxed));
    poisoning::remove_owner(records);
    if constexpr (dirty_scanning_store<Store>) last.close_scanner(this->scanner);
    bool released = true;
    for (const auto& a : arenas) released = this->release_arena({a.begin, a.bytes}) && released;
    if constexpr (Bounds::stripes != 0)
      if (released) this->keys.give_back();  // else pages have them
    if (last.release(own, own, attributes{}) == 0) return;
    if constexpr (Bounds::seals) (void)outcome(last.discard(own, attributes{}));
  }
  /// Where this object and the records lie.
  [[nodiscard]] page_run own() const noexcept { return own_; }

 private:
  static_assert(alignof(record) <= free_slots::alignment);
  static constexpr std::size_t stacks_behind(std::size_t count) noexcept {
    return align_up(count * care::bytes_of_slot, free_slots::alignment);
  }
  static constexpr auto contents_at_first =
      leaves_contents<Recycling> ? poisoning::contents::unspecified : poisoning::contents::known;
  // As many guards as one call takes, in ascending order: that below the first slot, and those behind each.
  static constexpr std::uint32_t batch = Bounds::marks ? 63 : 16;
  // Slots that are cleaned together: as many as one call takes, or one, as others cannot have them meanwhile.
  static constexpr std::uint32_t at_once = is_batched<Recycling> ? 64 : 1;
  using moving = typename moving_slots<Store>::scope;
  // A second in which no move ends. A child process may have the process number of the one that counted moves, in
  // another namespace of numbers or because the number was given again; nothing ends these moves there.
  static constexpr unsigned most_waits = 10'000;

  [[nodiscard]] BOOST_FORCEINLINE unsigned stack_for(std::uint64_t key) const noexcept {
    // Keys may be addresses: multiplied by 2^64 over the golden ratio, their upper bits differ (Knuth, volume 3, 6.4).
    auto at = static_cast<unsigned>((key * 0x9E37'79B9'7F4A'7C15U) >> 58);
    if constexpr (processor_telling_store<Store>) at += this->store.processor();
    return at % free_slots::stacks;
  }
  BOOST_FORCEINLINE std::uint32_t hand_out(std::uint32_t slot, unsigned at, std::uint64_t key) noexcept {
    record& r = of(slot);
    r.home = static_cast<unsigned char>(at);
    r.key.store(key, std::memory_order_relaxed);
    r.state.store(slot_state::live, std::memory_order_relaxed);
    poisoning::hand_out(records, r.base, 0, r.open.load(std::memory_order_relaxed), contents_at_first);
    return slot;
  }

  /// A slot that cannot be proven clean is handed out only after it could.
  template <class Recycle>
  BOOST_FORCEINLINE void clean_and_free(std::uint32_t slot, Recycle recycle) noexcept {
    record& r = of(slot);
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    poisoning::show(r.base, 0, open);
    recycled done;
    bool clean = (r.faults == 0 || this->settle(r)) && this->mend_image(r).native == 0;
    if (clean && open != 0) {
      [[maybe_unused]] const auto touching_it = this->touching(r);
      done = recycle(used_pages<care>(*this, r, {r.base, open}));
      clean = done.native == 0;
    }
    if constexpr (care::has_tags) clean = this->recolour(r, clean) == 0 && clean;
    const std::size_t resident = std::max(done.resident, this->prepared_bytes(r)) + (r.extent - open);
    if (!clean || resident != r.resident.load(std::memory_order_relaxed) || this->is_too_much(r, resident)) [[unlikely]]
      clean = this->account(r, clean, resident);
    if (!leaves_contents<Recycling> || r.state.load(std::memory_order_relaxed) != slot_state::kept) count_use(r);
    poisoning::hide(r.base, 0, r.open.load(std::memory_order_relaxed));
    if (clean) r.faults = 0;
    r.written = record::all;
    r.state.store(clean ? slot_state::free : slot_state::retired, std::memory_order_relaxed);
    if (clean) [[likely]]
      free_.push(records, r.home, slot);
    else
      free_.list(records, free_slots::last_resort, slot);
  }
  /// Later the user's image may be gone: the slot is then cleaned to zeros, all of it.
  void set_aside(std::uint32_t slot) noexcept {
    if constexpr (care::has_images)
      if (!this->start_of(of(slot)).is_none()) {
        this->start_of(of(slot)).become_none();
        of(slot).written = record::all;
      }
    record& r = of(slot);
    r.state.store(slot_state::waiting, std::memory_order_relaxed);
    const bool enough = ++waiting_ >= may_wait<Recycling>;
    free_.list(records, free_slots::waiting, slot);
    if (enough) (void)clean_waiting(may_wait<Recycling>);
  }
  /// Gives back the memory of slots that wait, instead of cleaning it. Returns the bytes, an upper bound.
  std::size_t trim_waiting(std::size_t bytes) noexcept {
    if (free_.is_empty(free_slots::waiting)) return 0;
    const moving now(moves_);
    std::size_t given = 0;
    while (given < bytes) {
      const std::uint32_t slot = free_.pop(records, free_slots::waiting);
      if (slot == 0) break;
      --waiting_;
      given += of(slot).open.load(std::memory_order_relaxed);
      clean_and_free(slot, [](const used_pages<care>& pages) noexcept {
        return recycled{pages.give_back(0, pages.accessible()), 0};
      });
    }
    return given;
  }
  std::uint32_t clean_some(std::uint32_t most) noexcept {
    std::uint32_t slots_there[at_once], count = 0;
    while (count != most && (slots_there[count] = free_.pop(records, free_slots::waiting)) != 0) ++count;
    if (count == 0) return 0;
    waiting_ -= count;
    bool given_back = false;
    if constexpr (is_batched<Recycling>) given_back = this->give_back_all({slots_there, count});
    for (std::uint32_t k = 0; k < count; ++k)
      clean_and_free(slots_there[k], [=](const used_pages<care>& pages) noexcept {
        return given_back ? recycled() : Recycling::recycle(pages);
      });
    return count;
  }

  /// Fits a slot that was taken, or takes others. A slot for which a call fails is tried again when no other is left.
  [[nodiscard]] BOOST_NOINLINE std::uint32_t take_another(std::uint32_t slot, unsigned at, std::size_t wanted,
                                                          std::uint64_t key, start first, int& native) noexcept {
    constexpr int most_tries = 4;
    for (int tries = 0; tries != most_tries; ++tries) {
      if (slot == 0) slot = take_elsewhere(at, key != 0, native);
      if (slot == 0) return 0;
      native = this->fit(of(slot), wanted, first, arenas.begin_with(slot - 1));
      if (native == 0) return hand_out(slot, at, key);
      of(slot).state.store(slot_state::retired, std::memory_order_relaxed);
      free_.list(records, free_slots::last_resort, slot);
      slot = 0;
    }
    return 0;
  }
  [[nodiscard]] std::uint32_t take_elsewhere(unsigned at, bool prefers_fresh, int& native) noexcept {
    for (unsigned waits_in_vain = 0; waits_in_vain != most_waits;) {
      const std::uint32_t ended = moves_.ended();
      if (const std::uint32_t slot = find_one(at, prefers_fresh)) return slot;
      if (moves_.is_any_under_way()) {
        moves_.wait_a_little();
        ++waits_in_vain;
      } else if (free_.were_empty() && !moves_.is_any_under_way() && moves_.ended() == ended) {
        break;
      }
      if (moves_.ended() != ended) waits_in_vain = 0;
    }
    ++refused_;
    native = usable < slots ? capped : exhausted;
    return 0;
  }
  [[nodiscard]] std::uint32_t find_one(unsigned at, bool prefers_fresh) noexcept {
    if (prefers_fresh || fresh_ == 0)  // until a slot was used there is none in a stack, and the stacks stay untouched
      if (const std::uint32_t slot = take_fresh(at)) return slot;
    if (const std::uint32_t slot = free_.pop_from_others(records, at)) return slot;
    if (const std::uint32_t slot = free_.pop(records, free_slots::trimmed)) return slot;
    if (const std::uint32_t slot = take_fresh(at)) return slot;
    if constexpr (waits)
      if (clean_waiting(at_once) != 0)
        if (const std::uint32_t slot = free_.pop_from_others(records, at)) return slot;
    if (const std::uint32_t slot = free_.pop(records, at)) return slot;
    return free_.pop(records, free_slots::last_resort);
  }
  [[nodiscard]] std::uint32_t take_fresh(unsigned at) noexcept {
    std::uint32_t first = fresh_, count = 0;
    if (first == usable) return 0;
    const moving now(moves_);
    do {
      count = std::min(batch, usable - first);
      if (count == 0) return 0;
    } while (!fresh_.compare_exchange_weak(first, first + count));
    make_ready(first, count);
    list_fresh(first, count, at);
    return first + 1;
  }
  /// Lists the slots of a batch except the first. Two that are taken one after the other, perhaps by two threads, lie
  /// far apart, as processors fetch neighbouring cache lines together.
  void list_fresh(std::uint32_t first, std::uint32_t count, unsigned at) noexcept {
    std::uint32_t next = 0, last = 0;
    static_assert(batch <= numbers);
    for (std::uint32_t i = numbers; --i != 0;) {
      const std::uint32_t k = reversed(i), slot = first + 1 + k;
      if (k >= count) continue;
      of(slot).state.store(slot_state::free, std::memory_order_relaxed);
      of(slot).next.store(next, std::memory_order_relaxed);
      next = slot;
      if (last == 0) last = slot;
    }
    if (last != 0) free_.list(records, at, next, last);
  }
  static constexpr std::uint32_t numbers = 64;
  /// The bits of a number below that in reverse order.
  static constexpr std::uint32_t reversed(std::uint32_t i) noexcept {
    return (i & 1) << 5 | (i & 2) << 3 | (i & 4) << 1 | (i & 8) >> 1 | (i & 16) >> 3 | (i & 32) >> 5;
  }
  void make_ready(std::uint32_t first, std::uint32_t count) noexcept {
    for (std::uint32_t k = 0; k < count; ++k) {
      record& r = records[first + k];
      r.base = arenas.base_of(first + k, layout);
      if constexpr (Bounds::stripes != 0)
        r.colour = static_cast<unsigned char>(arenas.place_of(first + k) % layout.stripes);
      if constexpr (care::has_tags) r.colour = static_cast<unsigned char>(arenas.place_of(first + k) % tag_count);
      r.written = record::all;
      if constexpr (Bounds::marks) {
        r.open.store(layout.capacity, std::memory_order_relaxed);
        r.extent = layout.capacity;
      }
    }
    if constexpr (Bounds::marks)
      if (layout.gap() != 0 && !guard(first, count))
        for (std::uint32_t k = 0; k < count; ++k) records[first + k].faults |= record::unguarded;
  }
  /// False if guards were refused, which are tried again when a slot is taken. In ascending order the guard below each
  /// slot is that behind the one before; of a batch's first slot, another thread may not have set it yet.
  [[nodiscard]] bool guard(std::uint32_t first, std::uint32_t count) noexcept
    requires(Bounds::marks)
  {
    page_run guards[2 * batch];
    std::uint32_t used = 0;
    for (std::uint32_t k = 0; k < count; ++k) {
      const bool is_set_below = arenas.order.is_ascending() && (k != 0 || guarded_ == first);
      if (!is_set_below && !arenas.begin_with(first + k)) guards[used++] = this->guard_below(records[first + k]);
      guards[used++] = this->guard_behind(records[first + k]);
    }
    if (this->close_all(std::span<const page_run>(guards, used)) != 0) return false;
    std::uint32_t before = first;
    guarded_.compare_exchange_strong(before, first + count);
    return true;
  }

  BOOST_NOINLINE void leave() noexcept {
    if (--users_left_ == 0) release_all();
  }

  /// Turns the stack over and back, so that the slot that has been free longest comes first. Other threads find all but
  /// the one that is being trimmed. Bounded, as several threads may do this at once.
  std::size_t trim_stack(unsigned at, std::size_t bytes, std::size_t keep) noexcept {
    if (free_.is_empty(at) && free_.is_empty(free_slots::trimmed)) return 0;
    const moving now(moves_);
    for (std::uint32_t moved = 0; moved != usable; ++moved) {
      const std::uint32_t slot = free_.pop(records, at);
      if (slot == 0) break;
      free_.list(records, free_slots::trimmed, slot);
    }
    std::size_t given = 0;
    while (const std::uint32_t slot = free_.pop(records, free_slots::trimmed)) {
      if (given < bytes) given += this->trim_slot(of(slot), keep);
      free_.push(records, at, slot);
    }
    return given;
  }

  page_run own_;  // the reservation that this object and the records lie in
  std::atomic<bool> detached_{false};
  std::atomic<std::uint32_t> users_left_{0};
  alignas(64) std::atomic<std::uint32_t> fresh_{0};  // slots that were handed out, or are about to be
  std::atomic<std::uint32_t> guarded_{0};            // slots from the first one on whose guards are there
  moving_slots<Store> moves_;
  std::atomic<std::uint32_t> waiting_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> uses_before_{0};  // uses that the counts of the records no longer hold
  free_slots free_;
};

}  // namespace quire::detail
