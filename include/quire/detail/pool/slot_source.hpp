#pragma once
// The slots of a pool: who has them, how they come back, and what is kept of them.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/detail/pool/free_slots.hpp>
#include <quire/detail/pool/slot_arenas.hpp>
#include <quire/detail/pool/slot_memory.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/detail/pool/used_pages.hpp>
#include <quire/policy/recycling.hpp>

namespace quire::detail {

/// Lies in a reservation of its own, together with the records, so that a pool can be moved, or destroyed, while
/// memories are in use. Any thread may call any function, except those that open and close the pool.
template <class Store, class Parts, class Recycling, bool Marks>
class slot_source : public slot_memory<Store, Parts, Marks> {
  using memory = slot_memory<Store, Parts, Marks>;
  using record = slot_record;

 public:
  // Native codes of this library: no system has codes so low.
  static constexpr int too_large = INT_MIN, exhausted = INT_MIN + 1, capped = INT_MIN + 2;

  slot_source(const Parts& given, page_run own, record* first) noexcept : memory(given), records(first), own_(own) {}

  // Set before the pool is shared.

  slot_layout layout{};
  slot_arenas arenas;
  record* records;
  std::uint32_t slots = 0;                      // that the arenas hold
  std::uint32_t usable = 0;                     // of these, as many as the limit of mappings permits
  std::size_t keep_resident = SIZE_MAX;         // bytes of each slot that recycling may leave in memory
  std::size_t keep_resident_in_all = SIZE_MAX;  // bytes of all slots together
  typename scanner_of<Store>::type scanner{};

  // How slots come and go.

  /// A slot for a user with this key; 0 if there is none, and `native` is why. Preferred is the slot that this
  /// processor and key used last; then, for a key, one that was never used, and else one that another has used.
  [[nodiscard]] BOOST_FORCEINLINE std::uint32_t take(std::uint64_t key, int& native) noexcept {
    const unsigned at = stack_for(key);
    if (const std::uint32_t slot = free_.pop(records, at)) [[likely]]
      return slot;
    return take_elsewhere(at, key != 0, native);
  }
  /// Prepares a slot for a user that begins with `wanted` accessible bytes. Returns 0, or the native code of the call
  /// that failed; the slot is free again then.
  [[nodiscard]] BOOST_FORCEINLINE int adopt(std::uint32_t slot, std::size_t wanted, std::uint64_t key) noexcept {
    record& r = of(slot);
    if (r.faults != 0 || r.open.load(std::memory_order_relaxed) > wanted) [[unlikely]]
      if (const int n = fit(r, wanted)) {
        free_.push(records, stack_for(key), slot);
        return n;
      }
    r.key.store(key, std::memory_order_relaxed);
    r.state.store(slot_state::live, std::memory_order_relaxed);
    return 0;
  }
  /// Makes the slot clean and free; a slot that cannot be proven clean is retired.
  BOOST_FORCEINLINE void give(std::uint32_t slot) noexcept {
    record& r = of(slot);
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    const std::size_t resident = r.resident.load(std::memory_order_relaxed);
    recycled done;
    if (r.faults != 0) [[unlikely]]
      done.native = settle(r);
    if (done.native == 0 && open != 0) done = Recycling::recycle(used_pages<slot_source>(*this, r, {r.base, open}));
    done.resident = std::max(done.resident, prepared_bytes(r)) + (r.extent - open);
    if (done.native != 0 || done.resident != resident) [[unlikely]]
      if (!account(r, done)) return retire(r);
    r.uses.store(r.uses.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    r.written = record::all;
    r.state.store(slot_state::free, std::memory_order_relaxed);
    free_.push(records, stack_for(r.key.load(std::memory_order_relaxed)), slot);
    if (detached_.load(std::memory_order_relaxed)) [[unlikely]]
      leave();
  }

  [[nodiscard]] BOOST_FORCEINLINE record& of(std::uint32_t slot) const noexcept { return records[slot - 1]; }
  [[nodiscard]] std::span<const record> ever_used() const noexcept { return {records, fresh_.load()}; }
  /// The mappings that slots have, or may have: one for the accessible pages, one for the rest.
  [[nodiscard]] std::size_t mappings() const noexcept {
    return arenas.count() + (this->divides_mappings() ? mappings_of_a_slot * ever_used().size() : 0);
  }
  static constexpr std::size_t mappings_of_a_slot = 2;
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::uint64_t given_back() const noexcept { return given_back_; }

  /// Makes the pages up to `end` accessible, for a user that has some already. Pages that were closed are still
  /// committed, and some systems commit no page twice.
  [[nodiscard]] BOOST_NOINLINE int open_up(record& r, std::size_t end) noexcept {
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    const std::size_t kept = std::clamp(r.extent, open, end);
    int n = this->make_writable({r.base + open, kept - open});
    if (n == 0 && kept != end) n = this->open({r.base + kept, end - kept});
    if (n != 0) {
      r.faults |= record::suspect;
      return n;
    }
    r.open.store(end, std::memory_order_relaxed);
    r.extent = std::max(r.extent, end);
    return 0;
  }

  // What recycling policies do, through used_pages.

  [[nodiscard]] std::size_t keepable() const noexcept { return keep_resident; }
  [[nodiscard]] outcome give_back_pages(page_run run) noexcept {
    ++given_back_;
    return this->give_back(run);
  }
  [[nodiscard]] scan_result scan(page_run run, std::span<page_run> found) noexcept
    requires dirty_scanning_store<Store>
  {
    return this->store.scan_dirty(scanner, run, found);
  }
  /// Cleans pages that stay in use.
  [[nodiscard]] outcome renew(record& r, page_run run) noexcept {
    const used_pages<slot_source> pages(*this, r, run);
    const recycled done = Recycling::recycle(pages);
    if (done.native != 0) return {done.native, pages.changed()};
    r.written = record::all;
    return {};
  }
  /// Pages from there on have to be populated and locked again.
  void unprepare(record& r, std::size_t from) const noexcept {
    if constexpr (prepares) r.prepared = std::min(r.prepared, static_cast<std::uint32_t>(from / this->page_bytes()));
  }
  /// Bytes from the base that are populated and locked, if that is requested.
  [[nodiscard]] std::size_t prepared_bytes(const record& r) const noexcept {
    if constexpr (prepares) return r.prepared * this->page_bytes();
    return 0;
  }

  // For the owner of the pool.

  /// Gives back memory of free slots, stack by stack, and of each stack those first that have been free longest, until
  /// `bytes` were given back; of each the last `keep` accessible bytes stay. Returns the bytes that were given back, an
  /// upper bound. Without effect while another thread trims.
  std::size_t trim(std::size_t bytes, std::size_t keep = 0) noexcept {
    std::uint32_t even = trims_.load();
    if (even % 2 != 0 || !trims_.compare_exchange_strong(even, even + 1)) return 0;
    std::size_t given = 0;
    for (unsigned at = 0; at < free_slots::stacks && given < bytes; ++at) given += trim_stack(at, bytes - given, keep);
    ++trims_;
    return given;
  }
  [[nodiscard]] std::uint32_t live() const noexcept {
    const std::span<const record> known = ever_used();
    return static_cast<std::uint32_t>(std::count_if(known.begin(), known.end(), [](const record& r) {
      return r.state.load(std::memory_order_relaxed) == slot_state::live;
    }));
  }
  /// From now on the last user that leaves releases everything. Precondition: no other thread uses the pool now.
  void detach() noexcept {
    users_left_ = live();
    detached_ = true;
    if (users_left_ == 0) release_all();
  }
  /// Releases the arenas and this object. Precondition: no slot is in use.
  void release_all() noexcept {
    const attributes requested = this->parts.requested();
    Store last = this->store;
    const page_run own = own_;
    if constexpr (dirty_scanning_store<Store>) last.close_scanner(scanner);
    for (const auto& a : arenas) (void)last.release({a.begin, a.bytes}, {a.begin, 0}, requested);
    (void)last.release(own, own, attributes{});
  }

 private:
  static constexpr std::uint32_t batch = Marks ? 64 : 16;
  static constexpr bool prepares = any_acts_at<Parts::demanded, step::populate, capabilities> ||
                                   any_acts_at<Parts::demanded, step::lock, capabilities>;

  [[nodiscard]] BOOST_FORCEINLINE unsigned stack_for(std::uint64_t key) const noexcept {
    // Keys may be addresses: multiplied by 2^64 over the golden ratio, their upper bits differ (Knuth, volume 3, 6.4).
    auto at = static_cast<unsigned>((key * 0x9E37'79B9'7F4A'7C15U) >> 58);
    if constexpr (processor_telling_store<Store>) at += this->store.processor();
    return at % free_slots::stacks;
  }
  /// A slot that a trim holds comes back soon: until then a request waits instead of being refused.
  [[nodiscard]] BOOST_NOINLINE std::uint32_t take_elsewhere(unsigned at, bool prefers_fresh, int& native) noexcept {
    for (;;) {
      const std::uint32_t trims = trims_.load();
      if (prefers_fresh)
        if (const std::uint32_t slot = take_fresh(at)) return slot;
      if (const std::uint32_t slot = free_.pop_from_others(records, at)) return slot;
      if (const std::uint32_t slot = take_fresh(at)) return slot;
      if (const std::uint32_t slot = free_.pop(records, at)) return slot;
      if (trims % 2 == 0 && trims_.load() == trims) break;
    }
    ++refused_;
    native = usable < slots ? capped : exhausted;
    return 0;
  }
  [[nodiscard]] std::uint32_t take_fresh(unsigned at) noexcept {
    std::uint32_t first = fresh_.load(std::memory_order_relaxed), count = 0;
    do {
      count = std::min(batch, usable - first);
      if (count == 0) return 0;
    } while (!fresh_.compare_exchange_weak(first, first + count, std::memory_order_relaxed));
    make_ready(first, count);
    for (std::uint32_t slot = first + count; slot > first + 1; --slot) {
      of(slot).state.store(slot_state::free, std::memory_order_relaxed);
      free_.push(records, at, slot);
    }
    return first + 1;
  }
  /// A guard that is refused is tried again when its slot is taken.
  void make_ready(std::uint32_t first, std::uint32_t count) noexcept {
    [[maybe_unused]] page_run guards[batch];
    for (std::uint32_t k = 0; k < count; ++k) {
      record& r = records[first + k];
      r.base = arenas.base_of(first + k, layout);
      r.written = record::all;
      if constexpr (Marks) {
        guards[k] = guard_of(r);
        r.open.store(layout.capacity, std::memory_order_relaxed);
        r.extent = layout.capacity;
      }
    }
    if constexpr (Marks)
      if (guards[0].bytes != 0 && this->close_all(std::span<const page_run>(guards, count)) != 0)
        for (std::uint32_t k = 0; k < count; ++k) records[first + k].faults |= record::unguarded;
  }
  [[nodiscard]] page_run guard_of(const record& r) const noexcept {
    return {r.base + layout.capacity, layout.stride - layout.capacity};
  }

  /// Closes what the last user had beyond `wanted`: a shrink that is put off until a smaller user comes.
  [[nodiscard]] BOOST_NOINLINE int fit(record& r, std::size_t wanted) noexcept {
    if ((r.faults & record::suspect) != 0)
      if (const int n = purge(r)) return n;
    if constexpr (Marks)
      if ((r.faults & record::unguarded) != 0) {
        if (const int n = this->close(guard_of(r))) return n;
        r.faults = static_cast<unsigned char>(r.faults & ~record::unguarded);
      }
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    if (open <= wanted) return 0;
    if (const int n = this->close({r.base + wanted, open - wanted})) {
      r.faults |= record::suspect;  // a part may be closed
      return n;
    }
    r.open.store(wanted, std::memory_order_relaxed);
    if (!this->divides_mappings()) r.extent = wanted;  // markers take the memory as well
    unprepare(r, wanted);
    return 0;
  }
  /// Makes everything readable and writable again; fails if it is not known what is accessible.
  [[nodiscard]] BOOST_NOINLINE int settle(record& r) noexcept {
    if ((r.faults & record::suspect) != 0) return exhausted;
    if ((r.faults & record::access_changed) == 0) return 0;
    if (const int n = this->make_writable({r.base, r.open.load(std::memory_order_relaxed)})) return n;
    r.faults = static_cast<unsigned char>(r.faults & ~record::access_changed);
    return 0;
  }
  /// Books what recycling has left in memory. Memory that may not stay is given back, and so is all if recycling has
  /// failed. False if it cannot be.
  [[nodiscard]] BOOST_NOINLINE bool account(record& r, const recycled& done) noexcept {
    const std::size_t before = r.resident.load(std::memory_order_relaxed);
    const bool too_much = done.resident > keep_resident ||
                          (done.resident > before &&
                           resident_.load(std::memory_order_relaxed) - before + done.resident > keep_resident_in_all);
    std::size_t now = done.resident;
    if (done.native != 0 || (too_much && r.extent != 0)) {
      if (done.native == 0) ++given_back_;
      if (purge(r) != 0) return false;
      now = 0;
    }
    r.resident.store(now, std::memory_order_relaxed);
    resident_ += now - before;
    return true;
  }
  /// Takes away everything that the slot may have. If that fails, access to some of it may be gone.
  [[nodiscard]] int purge(record& r) noexcept {
    const bool known = (r.faults & record::suspect) == 0;
    const page_run all{r.base, known ? r.extent : layout.capacity};
    if (all.bytes != 0)
      if (const outcome done = this->take_away(all); done.native != 0) {
        r.faults |= record::suspect;
        return done.native;
      }
    r.open.store(0, std::memory_order_relaxed);
    r.extent = 0;
    r.prepared = 0;
    r.faults = static_cast<unsigned char>(r.faults & record::unguarded);
    return 0;
  }
  /// The slot stays as it is, and is never handed out again.
  BOOST_NOINLINE void retire(record& r) noexcept {
    r.state.store(slot_state::retired, std::memory_order_relaxed);
    if (detached_) leave();
  }
  BOOST_NOINLINE void leave() noexcept {
    if (--users_left_ == 0) release_all();
  }

  std::size_t trim_stack(unsigned at, std::size_t bytes, std::size_t keep) noexcept {
    std::uint32_t chain = 0;  // the slots of the stack, from the one that has been free longest
    while (const std::uint32_t slot = free_.pop(records, at)) {
      of(slot).next.store(chain, std::memory_order_relaxed);
      chain = slot;
    }
    std::size_t given = 0;
    while (chain != 0) {
      const std::uint32_t slot = chain;
      record& r = of(slot);
      chain = r.next.load(std::memory_order_relaxed);
      if (given < bytes) given += trim_slot(r, keep);
      free_.push(records, at, slot);
    }
    return given;
  }

  /// The slot stays accessible, if nothing of it was closed.
  std::size_t trim_slot(record& r, std::size_t keep) noexcept {
    const std::size_t resident = r.resident.load(std::memory_order_relaxed);
    const std::size_t open = r.open.load(std::memory_order_relaxed);
    if (resident <= keep) return 0;
    if (r.faults != 0 || r.extent != open || !discarding_store<Store>) {
      if (purge(r) != 0) return 0;
      keep = 0;
    } else if (keep >= open || this->give_back({r.base, open - keep}).native != 0) {
      return 0;
    }
    r.prepared = 0;
    r.resident.store(keep, std::memory_order_relaxed);
    resident_ -= resident - keep;
    return resident - keep;
  }

  page_run own_;  // the reservation that this object and the records lie in
  std::atomic<bool> detached_{false};
  std::atomic<std::uint32_t> users_left_{0};
  alignas(64) std::atomic<std::uint32_t> fresh_{0};  // slots that were handed out, or are about to be
  std::atomic<std::uint32_t> trims_{0};              // odd while one is under way
  std::atomic<std::uint64_t> refused_{0}, given_back_{0};
  std::atomic<std::size_t> resident_{0};  // the sum of what the records say
  free_slots free_;
};

}  // namespace quire::detail
