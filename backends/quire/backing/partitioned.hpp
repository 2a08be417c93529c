// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store adaptor whose memories draw their committed pages from a partition.
#include <algorithm>
#include <boost/config.hpp>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/capabilities.hpp>
#include <quire/detail/arguments.hpp>
#include <quire/explanation.hpp>
#include <quire/memory_partition.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/store/objects.hpp>

namespace quire::backing {

/// Passed to the allocator's constructor as `backing::partitioned{partition}`; four words. Blocks of the minimum are
/// used first, then ordinary memory. Images are copied into the memory, because the copies that writes to a mapped
/// image make would not come from the partition. Purgeable memory does not compile, because memory that the system may
/// purge cannot back a quota.
template <backing_store S>
class partitioned : public S {
  static_assert(!image_backed_store<S>, "quire: images go around a partition: with_images<with_partition<A>>");
  // A commit over blocks must leave their mappings in place.
  static_assert(!(object_store<S> && S::traits.commit_remaps));

 public:
  static constexpr store_traits traits = [] {
    store_traits f = S::traits;
    if (object_store<S>) f.commit_remaps = f.decommit_remaps = true;
    return f;
  }();
  // Native codes of this library: no system has codes so low.
  /// The quota has no room; the store cannot share an object with a partition.
  static constexpr int exhausted = INT_MIN, unsuitable = INT_MIN + 1;

  template <class Partition = memory_partition<S>>
  constexpr partitioned() noexcept {
    static_assert(sizeof(Partition) == 0, "quire: backing::partitioned is given the partition that it draws from");
  }
  /// Draws from this partition, which outlives the allocator.
  explicit partitioned(memory_partition<S>& from) noexcept : S(from.store()), from_(&from) {}
  [[nodiscard]] static constexpr partitioned vacant() noexcept { return partitioned(nullptr); }

  void make_image() = delete;
  void mark_purgeable() = delete;

  static constexpr errc code_of(step at, int native) noexcept {
    return native == exhausted    ? errc::out_of_memory
           : native == unsuitable ? errc::not_supported
                                  : S::code_of(at, native);
  }

  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t alignment,
                                        const attributes& requested) noexcept {
    end_ = apart_ = nullptr;
    owner_ = memory_partition<S>::no_owner;
    return S::reserve(bytes, alignment, requested);
  }
  /// Charges what a reset to `r` needs beyond the present charge, and keeps the charge of pages that it gives back
  /// meanwhile.
  int precharge(page_run r) noexcept {
    constexpr bool keeps = discarding_store<S> && !S::traits.discard_recommits;
    const std::size_t more = beyond(charged_end(), r).bytes, fresh = keeps ? beyond(end_, r).bytes : r.bytes;
    if (!comes_in_blocks(fresh)) return unsuitable;
    if (!from_->charge(more)) return exhausted;
    if (!comes_in_blocks(fresh)) return uncharge(more, unsuitable);  // the partition was reopened with other terms
    if (end_ == nullptr) end_ = r.base;
    apart_ = r.base + r.bytes;
    return 0;
  }
  void end_precharge() noexcept {
    if (apart_ != nullptr && apart_ > end_) from_->uncharge(static_cast<std::size_t>(apart_ - end_));
    apart_ = nullptr;
  }
  /// Charges pages that were not charged before. The first commit begins at the base of the memory.
  int commit(page_run r, const attributes& given) noexcept {
    const attributes requested = also_locked(given);
    const page_run fresh = beyond(end_, r), uncharged = beyond(charged_end(), r);
    if (!suits(fresh.bytes, requested)) return unsuitable;
    if (!from_->charge(uncharged.bytes)) return exhausted;
    if (!suits(fresh.bytes, requested)) return uncharge(uncharged.bytes, unsuitable);  // as above
    const int n = bring(r, fresh, requested);
    // Pages that cannot be decommitted again stay charged.
    if (n != 0 && (fresh.bytes == 0 || gives_back(fresh, n, requested))) return uncharge(uncharged.bytes, n);
    std::byte* const to = r.base + r.bytes;
    end_ = end_ == nullptr ? to : std::max(end_, to);
    if (apart_ != nullptr && apart_ <= to) apart_ = nullptr;
    return n;
  }
  /// Whether a commit that failed with this code has had no effect.
  static constexpr bool refuses_whole(int native) noexcept { return native == exhausted || native == unsuitable; }
  errc cause_of_refused_commit(page_run r, int native, const attributes& requested) const noexcept
    requires commit_diagnosing_store<S>
  {
    return refuses_whole(native) ? code_of(step::commit, native) : S::cause_of_refused_commit(r, native, requested);
  }
  outcome decommit(page_run r, const attributes& requested) noexcept {
    if (const outcome done = take_away(r, also_locked(requested)); done.native != 0) return done;
    end_at(r.base);
    return {};
  }
  /// Commit has reverted already; pages for which that failed stayed charged.
  bool revert_commit(page_run r, int native) noexcept
    requires commit_reverting_store<S>
  {
    return (end_ == nullptr || end_ <= r.base) && S::revert_commit(r, native);
  }
  int release(page_run whole, page_run accessible, const attributes& requested) noexcept {
    if (const int n = S::release(whole, accessible, also_locked(requested))) return n;
    from_->give_back(whole, owner_);
    if (end_ != nullptr) from_->uncharge(static_cast<std::size_t>(end_ - accessible.base));
    end_ = nullptr;
    return 0;
  }
  int protect(page_run r, access wanted, const attributes& requested) noexcept
    requires protectable_store<S>
  {
    return S::protect(r, wanted, also_locked(requested));
  }
  /// No system call if the partition is locked: commit has locked the pages, and blocks are locked from the beginning.
  int lock(page_run r) noexcept
    requires locking_store<S>
  {
    return from_->locked() ? 0 : S::lock(r);
  }
  /// Free blocks need no other memory, although another thread may take them first. Charges nothing.
  int assure(page_run r, const attributes& requested) noexcept
    requires assuring_store<S>
  {
    if (!from_->has_room(beyond(charged_end(), r).bytes)) return exhausted;
    const std::size_t held = std::min(from_->free_bytes(), r.bytes);
    return held == r.bytes ? 0 : S::assure({r.base, r.bytes - held}, requested);
  }
  /// Blocks of the minimum are cleared and kept.
  outcome discard(page_run r, const attributes& requested) noexcept
    requires discarding_store<S>
  {
    outcome all;
    if (between_blocks(r, [&](page_run part) { return all.add(S::discard(part, also_locked(requested))); }) != 0)
      return all;
    from_->clear(r, owner_);
    return {};
  }

  /// Skips blocks: whether they are locked cannot be seen in their mappings.
  [[nodiscard]] std::optional<step> ineffective_request(page_run r, const attributes& requested) const noexcept
    requires effect_checking_store<S>
  {
    const page_run asked = from_->without_blocks(r, owner_);
    return asked.bytes == 0 ? std::nullopt : S::ineffective_request(asked, requested);
  }

  /// For pages that are committed in any order, through `unadapted`. A minimum, whose blocks follow each other from the
  /// base of a memory, and locking are not for these.
  using unadapted = S;
  int charge(std::size_t bytes) noexcept {
    if (!charges_apart()) return unsuitable;
    if (!from_->charge(bytes)) return exhausted;
    return charges_apart() ? 0 : uncharge(bytes, unsuitable);  // the partition was reopened with other terms
  }
  void uncharge(std::size_t bytes) noexcept { from_->uncharge(bytes); }

  /// Called by quire::explain.
  [[nodiscard]] explanation explain_exhausted(step at, std::uint64_t wanted) const noexcept {
    const std::size_t used = from_->charged(), all = from_->maximum();
    if (at != step::commit || all - std::min(used, all) >= wanted) return {};
    return {limit_kind::configured, from_->name(), used, all};
  }

 private:
  constexpr explicit partitioned(std::nullptr_t) noexcept : S(quire::detail::vacant<S>()) {}

  /// The part of `r` behind `end`; all of `r` if `end` is null.
  static page_run beyond(std::byte* end, page_run r) noexcept {
    std::byte* const to = r.base + r.bytes;
    std::byte* const from = end == nullptr ? r.base : std::clamp(end, r.base, to);
    return {from, static_cast<std::size_t>(to - from)};
  }
  [[nodiscard]] std::byte* charged_end() const noexcept {
    return apart_ == nullptr ? end_ : end_ == nullptr ? apart_ : std::max(end_, apart_);
  }
  [[nodiscard]] attributes also_locked(attributes requested) const noexcept {
    requested.locked = requested.locked || from_->locked();
    return requested;
  }
  [[nodiscard]] bool charges_apart() const noexcept { return from_->minimum() == 0 && !from_->locked(); }
  [[nodiscard]] bool comes_in_blocks(std::size_t bytes) const noexcept {
    return from_->minimum() == 0 || bytes % memory_partition<S>::block_bytes == 0;
  }
  /// Blocks are small pages that are resident already, and have no tags.
  [[nodiscard]] bool suits(std::size_t bytes, const attributes& requested) const noexcept {
    return from_->minimum() == 0 || (comes_in_blocks(bytes) && requested.numa.mode == numa_mode::anywhere &&
                                     requested.huge != huge_request::from_pool &&
                                     requested.huge != huge_request::when_possible && !requested.wants_hardware_tags());
  }
  /// Records that nothing is committed from `end` on.
  void end_at(std::byte* end) noexcept {
    if (end_ == nullptr || end_ <= end) return;
    std::byte* const was = charged_end();
    end_ = end;
    from_->uncharge(static_cast<std::size_t>(was - charged_end()));
  }
  int uncharge(std::size_t bytes, int failed) noexcept {
    from_->uncharge(bytes);
    return failed;
  }
  /// Blocks come first: they are available even if the system has no memory left. May fail halfway.
  int bring(page_run r, page_run fresh, const attributes& requested) noexcept {
    page_run rest = fresh;
    int n = draw(rest, requested);
    if (n == 0 && (rest.bytes != 0 || fresh.bytes != r.bytes)) n = S::commit(r, requested);
    if constexpr (locking_store<S>)  // blocks are locked already: locking them here would count twice
      if (n == 0 && from_->locked()) n = between_blocks(r, [&](page_run part) { return S::lock(part); });
    return n;
  }
  /// Leaves in `rest` the part for which there are no blocks.
  int draw([[maybe_unused]] page_run& rest, [[maybe_unused]] const attributes& requested) noexcept {
    if constexpr (object_store<S>) {
      std::size_t blocks = from_->reserve_blocks(rest.bytes / memory_partition<S>::block_bytes);
      if (blocks != 0 && owner_ == memory_partition<S>::no_owner) owner_ = from_->new_owner();
      while (blocks != 0) {
        const auto part = from_->take(rest.base, blocks, owner_);
        if (const int n = S::map_object({rest.base, part.bytes}, from_->object(), part.offset, requested)) {
          from_->unreserve_blocks(blocks);
          return n;
        }
        rest = beyond(rest.base + part.bytes, rest);
      }
    }
    return 0;
  }
  template <class F>
  int between_blocks(page_run r, F f) noexcept {
    for (page_run part = from_->without_blocks(r, owner_); part.bytes != 0;
         part = from_->without_blocks(beyond(part.base + part.bytes, r), owner_))
      if (const int n = f(part)) return n;
    return 0;
  }
  /// Undoes `bring`, which failed with the code `native`.
  bool gives_back(page_run fresh, int native, const attributes& requested) noexcept {
    const page_run rest = from_->without_blocks(fresh, owner_);  // what follows the blocks
    const page_run blocks{fresh.base, static_cast<std::size_t>(rest.base - fresh.base)};
    if (blocks.bytes != 0 && take_away(blocks, requested).native != 0) return false;
    if constexpr (commit_reverting_store<S>)
      if (rest.bytes != 0 && S::revert_commit(rest, native)) return true;
    return rest.bytes == 0 || take_away(rest, requested).native == 0;
  }
  outcome take_away(page_run r, const attributes& requested) noexcept {
    if constexpr (object_store<S>)
      if (from_->has_blocks_in(r, owner_)) {
        if (const int n = S::unmap_object(r, requested)) return n;
        from_->give_back(r, owner_);
        return {};
      }
    return S::decommit(r, requested);
  }

  memory_partition<S>* from_ = nullptr;
  std::byte* end_ = nullptr;                             // end of the committed pages; null before the first commit
  std::byte* apart_ = nullptr;                           // end of the charged pages during a reset; null otherwise
  std::uint64_t owner_ = memory_partition<S>::no_owner;  // `no_owner` while the memory has no blocks
};
template <class S>
partitioned(memory_partition<S>&) -> partitioned<S>;

}  // namespace quire::backing

namespace quire {

/// The allocator `A`, with memories that draw from a partition.
template <class A>
using with_partition = typename A::template with_backing<backing::partitioned<typename A::backing_type>>;

}  // namespace quire
