// SPDX-License-Identifier: BSL-1.0
#pragma once
// A place in a pool as a store: what is a system call for a memory of its own is bookkeeping here, as long as the pages
// that the last user left suffice.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <quire/access.hpp>
#include <quire/capabilities.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/detail/pool/slot_tags.hpp>
#include <quire/explanation.hpp>
#include <quire/key_scope.hpp>
#include <quire/store.hpp>
#include <quire/store/populating.hpp>
#include <quire/store/reuse.hpp>

namespace quire::detail {

template <class Source>
class slot_store : public Source::store_type {
  using S = typename Source::store_type;
  using record = slot_record;

 public:
  static constexpr store_traits traits = [] {
    store_traits t = S::traits;
    if (Source::marks) t.fault = fault::either;
    if (Source::has_keys) t.fault = fault::key;
    if (Source::marks) t.honours_alignment = false;                  // slots lie as densely as pages permit
    t.commit_remaps = t.decommit_remaps = t.discard_remaps = false;  // the pool configures what is mapped anew
    t.purgeable_commit_remaps = t.decommit_comes_first = t.discard_recommits = false;
    t.reserve_granule = 1;
    t.releasable = false;  // released addresses belong to the pool
    return t;
  }();

  /// `initial` is the size, in bytes, with which the user begins.
  BOOST_FORCEINLINE slot_store(Source& from, std::size_t initial, std::uint64_t key) noexcept
      : source_(&from), initial_(initial), key_(key) {}
  [[nodiscard]] static constexpr slot_store vacant() noexcept { return slot_store(nullptr); }

  void make_image() = delete;
  void make_object() = delete;
  void mark_purgeable() = delete;

  static constexpr errc code_of(step at, int native) noexcept {
    return at == step::reserve ? Source::code_of_refusal(native) : Source::code_of(at, native);
  }

  /// Takes a slot. An allocator that allocates again after it was deallocated begins with no accessible pages.
  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t, const attributes&) noexcept {
    return take(bytes, {});
  }
  /// Cleans the slot and returns it. From then on it is another's: this store forgets which it was.
  BOOST_FORCEINLINE int release(page_run, page_run, const attributes&) noexcept {
    source_->give(std::exchange(slot_, 0));
    return 0;
  }

  BOOST_FORCEINLINE int commit(page_run run, const attributes&) noexcept {
    record& r = known();
    if (end_in(r, run) <= r.open.load(std::memory_order_relaxed)) [[likely]]
      return 0;
    return source_->open_up(r, end_in(r, run));
  }
  outcome decommit(page_run run, const attributes&) noexcept {
    record& r = known();
    return source_->shut(r, begin_in(r, run), end_in(r, run));
  }
  bool revert_commit(page_run run, int native) noexcept
    requires commit_reverting_store<S>
  {
    [[maybe_unused]] const auto touching_it = source_->touching(known());
    if (!S::revert_commit(run, native)) return false;
    record& r = known();
    r.faults = static_cast<unsigned char>(r.faults & ~record::grown_halfway);
    return true;
  }
  int decommit_in_place(page_run, const attributes&) = delete;

  /// Opening a slot in which nothing was protected makes no call.
  BOOST_FORCEINLINE int protect(page_run run, access wanted, const attributes& requested) noexcept
    requires protectable_store<S>
  {
    record& r = known();
    if (wanted == access::read_write && (r.faults & (record::access_changed | record::suspect)) == 0) return 0;
    if (!Source::seals) r.faults |= record::access_changed;  // what is sealed refuses
    return S::protect(run, wanted, requested);
  }
  outcome discard(page_run run, [[maybe_unused]] const attributes& requested) noexcept
    requires discarding_store<S>
  {
    if constexpr (Source::has_tags)
      return S::discard(run, requested);  // clears in place, since the kernel would drop the tags
    else
      return source_->discard(known(), run);
  }
  /// Instead of discard, for reset.
  BOOST_FORCEINLINE outcome recycle(page_run run, [[maybe_unused]] const attributes& requested) noexcept {
    const outcome done = source_->renew(known(), run);
    if constexpr (Source::has_tags)
      if (done.native == 0) return {tag_again(run, requested.tags.tag), true};
    return done;
  }

  // The tag of a slot is chosen when its last user leaves.

  /// That one, or the next among `choices`, if the thread or a reset excludes it.
  int draw_tag(std::uint16_t choices, unsigned char& tag) noexcept
    requires(Source::has_tags)
  {
    const record& r = known();
    const auto mine = static_cast<std::uint16_t>(choices & tags_at_place(source_->arenas.place_of(slot_ - 1)));
    if (mine == 0) return S::draw_tag(0, tag);  // which says that there is none
    tag = (mine >> r.colour & 1) != 0 ? r.colour : next_tag(r.colour, mine);
    return 0;
  }
  /// No page is touched that has the tag already.
  int tag(page_run run, unsigned tag) noexcept
    requires(Source::has_tags)
  {
    record& r = known();
    const std::size_t begin = begin_in(r, run);
    if (tag == r.colour && is_prepared(run)) return 0;
    if (const int n = S::tag(run, tag)) return n;
    if (begin == 0) r.colour = static_cast<unsigned char>(tag);
    if (tag == r.colour && begin <= source_->prepared_bytes(r)) count_prepared(r, end_in(r, run));
    return 0;
  }

  int populate(page_run run, const attributes& requested) noexcept
    requires populating_store<S>
  {
    return prepare(run, [&] { return S::populate(run, requested); });
  }
  /// What the user brings in counts for what may stay in memory, even if it lies above a high-water mark.
  int populate_part(page_run run, const attributes& requested, std::size_t& done) const noexcept
    requires part_populating_store<S>
  {
    return bring(run, [&] { return S::populate_part(run, requested, done); });
  }
  int prefault(page_run run, const attributes& requested) const noexcept
    requires prefaulting_store<S>
  {
    return bring(run, [&] { return S::prefault(run, requested); });
  }
  int lock(page_run run) noexcept
    requires locking_store<S>
  {
    return prepare(run, [&] { return S::lock(run); });
  }
  int assure(page_run run, const attributes& requested) noexcept
    requires assuring_store<S>
  {
    return is_prepared(run) ? 0 : S::assure(run, requested);
  }

  // The pool has configured its arenas, and configures again what it maps anew.

  static int place(page_run, const numa_request&) noexcept
    requires numa_placing_store<S>
  {
    return 0;
  }
  static int advise_huge(page_run, huge_request) noexcept
    requires huge_advising_store<S>
  {
    return 0;
  }
  static int exclude_from_dumps(page_run) noexcept
    requires dump_excluding_store<S>
  {
    return 0;
  }
  static int exclude_from_forks(page_run) noexcept
    requires fork_excluding_store<S>
  {
    return 0;
  }
  static int name(page_run, const char*) noexcept
    requires naming_store<S>
  {
    return 0;
  }

  void set_high_water_mark(std::size_t bytes) noexcept { known().written = bytes; }
  void clear_high_water_mark() noexcept { known().written = record::all; }
  [[nodiscard]] std::uint32_t slot() const noexcept { return slot_ - 1; }
  /// Adds the slot's key to those that a thread is to hold.
  void add_key_to(held_keys& held) const noexcept
    requires(Source::has_keys)
  {
    source_->keys.add_to(held, known().colour);
  }

  /// Called by quire::explain.
  [[nodiscard]] explanation explain_exhausted(step at, std::uint64_t) const noexcept {
    return at == step::reserve && source_->live() >= source_->usable ? source_->explain_refusal() : explanation{};
  }
  static constexpr bool is_own_code(int native) noexcept { return Source::is_own_code(native); }

 protected:
  constexpr explicit slot_store(std::nullptr_t) noexcept {}

  BOOST_FORCEINLINE reservation take(std::size_t bytes, typename Source::start first) noexcept {
    if (bytes > source_->layout.before + source_->layout.stride + source_->layout.tail) [[unlikely]]
      return {nullptr, Source::too_large};
    int native = 0;
    slot_ = source_->take(initial_, key_, first, native);
    if (slot_ == 0) [[unlikely]]
      return {nullptr, native};
    initial_ = 0;
    return {known().base - source_->layout.before, 0};
  }
  [[nodiscard]] BOOST_FORCEINLINE record& known() const noexcept { return source_->of(slot_); }
  static std::size_t end_in(const record& r, page_run run) noexcept { return begin_in(r, run) + run.bytes; }
  [[nodiscard]] Source& source() const noexcept { return *source_; }

 private:
  static std::size_t begin_in(const record& r, page_run run) noexcept {
    return static_cast<std::size_t>(run.base - r.base);
  }

  [[nodiscard]] bool is_prepared(page_run run) const noexcept {
    const record& r = known();
    return end_in(r, run) <= source_->prepared_bytes(r);
  }
  /// Pages that stayed as the last user left them need no call.
  template <class Call>
  [[nodiscard]] int prepare(page_run run, Call call) noexcept {
    if (is_prepared(run)) return 0;
    record& r = known();
    [[maybe_unused]] const auto touching_it = source_->touching(r);  // the kernel brings pages in as the thread would
    if (const int n = call()) return n;
    if (!Source::has_tags && begin_in(r, run) <= source_->prepared_bytes(r)) count_prepared(r, end_in(r, run));
    return 0;
  }
  int bring(page_run run, auto call) const noexcept {
    record& r = known();
    [[maybe_unused]] const auto touching_it = source_->touching(r);
    const int n = call();
    source_->book_at_least(r, end_in(r, run));
    return n;
  }
  void count_prepared(record& r, std::size_t bytes) const noexcept {
    r.prepared = static_cast<std::uint32_t>(bytes / source_->page_bytes());
  }
  /// After a reset, which has cleared a run from the base on; what it has grown by is tagged already.
  [[nodiscard]] int tag_again(page_run run, unsigned char tag) noexcept
    requires(Source::has_tags)
  {
    record& r = known();
    if (tag != r.colour || !is_prepared(run))
      if (const int n = S::tag(run, tag)) return n;
    r.colour = tag;
    count_prepared(r, r.open.load(std::memory_order_relaxed));
    return 0;
  }

  Source* source_ = nullptr;
  std::size_t initial_ = 0;
  std::uint64_t key_ = 0;
  std::uint32_t slot_ = 0;
};

}  // namespace quire::detail
