#pragma once
// A store adaptor: memories that draw what they commit from a partition.
#include <algorithm>
#include <boost/config.hpp>
#include <climits>
#include <cstddef>
#include <cstdint>

#include <quire/explanation.hpp>
#include <quire/memory_partition.hpp>
#include <quire/object_store.hpp>
#include <quire/store.hpp>

namespace quire::backing {

/// Given to the allocator's constructor as `backing::partitioned{partition}`; three words. The minimum's blocks are
/// used first, then ordinary memory. Images are copied into it, as copies that a write makes would not come from it;
/// and what the system may purge is no budget, so purgeable memory does not compile.
template <backing_store S>
class partitioned : public S {
 public:
  static constexpr store_facts facts = [] {
    store_facts f = S::facts;
    if (object_store<S>) f.commit_remaps = f.decommit_remaps = true;
    return f;
  }();
  // Codes of the library's own: no system has one so low.
  static constexpr int exhausted = INT_MIN, unsuitable = INT_MIN + 1;

  constexpr partitioned() noexcept = default;
  explicit partitioned(memory_partition<S>& from) noexcept : S(from.store()), from_(&from) {}

  void make_image() = delete;
  void mark_purgeable() = delete;

  static constexpr errc code_of(step at, int native) noexcept {
    return native == exhausted    ? errc::out_of_memory
           : native == unsuitable ? errc::not_supported
                                  : S::code_of(at, native);
  }

  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& wishes) noexcept {
    end_ = nullptr;
    owner_ = from_->new_owner();
    return S::reserve(bytes, alignment, wishes);
  }
  /// Charges what was not committed before. The first commit begins at the base of the memory.
  int commit(page_run r, const attributes& wishes) noexcept {
    std::byte* const to = r.base + r.bytes;
    std::byte* const begin = end_ == nullptr ? r.base : std::clamp(end_, r.base, to);
    const page_run fresh{begin, static_cast<std::size_t>(to - begin)};
    if (!from_->charge(fresh.bytes)) return exhausted;
    if (const int n = bring(r, fresh, also_locked(wishes))) {
      from_->uncharge(fresh.bytes);
      return n;
    }
    end_ = end_ == nullptr ? to : std::max(end_, to);
    return 0;
  }
  int decommit(page_run r, const attributes& wishes) noexcept {
    if (const int n = take_away(r, also_locked(wishes))) return n;
    if (end_ != nullptr && end_ > r.base) {
      from_->uncharge(static_cast<std::size_t>(end_ - r.base));
      end_ = r.base;
    }
    return 0;
  }
  int release(page_run whole, page_run accessible, const attributes& wishes) noexcept {
    if (const int n = S::release(whole, accessible, also_locked(wishes))) return n;
    from_->give_back(whole, owner_);
    if (end_ != nullptr) from_->uncharge(static_cast<std::size_t>(end_ - accessible.base));
    end_ = nullptr;
    return 0;
  }
  /// Blocks of the minimum are cleared and kept.
  int discard(page_run r, const attributes& wishes) noexcept
    requires discarding_store<S>
  {
    from_->clear(r, owner_);
    return S::discard(r, also_locked(wishes));
  }

  /// What quire::explain asks.
  [[nodiscard]] explanation shortage(step at, std::uint64_t wanted) const noexcept {
    const std::size_t used = from_->charged(), all = from_->maximum();
    if (at != step::commit || all - used >= wanted) return {};
    return {wall::limit, from_->name(), used, all};
  }

 private:
  [[nodiscard]] attributes also_locked(attributes wishes) const noexcept {
    wishes.locked = wishes.locked || from_->locked();
    return wishes;
  }
  /// Blocks are small pages that are there already, and do not carry tags.
  static constexpr bool suits(page_run fresh, const attributes& wishes) noexcept {
    return fresh.bytes % memory_partition<S>::block_bytes == 0 && wishes.numa.mode == numa_mode::anywhere &&
           wishes.huge != huge_wish::from_pool && wishes.huge != huge_wish::when_possible &&
           !wishes.wants_hardware_tags();
  }
  /// A failure leaves none of the blocks mapped, or else in use.
  int bring(page_run r, page_run fresh, const attributes& wishes) noexcept {
    if (from_->minimum() != 0 && !suits(fresh, wishes)) return unsuitable;
    if (const int n = S::commit(r, wishes)) return n;
    int n = draw(fresh, wishes);
    if constexpr (locking_store<S>)
      if (n == 0 && from_->locked() && fresh.bytes != 0) n = S::lock(fresh);
    if (n != 0 && fresh.bytes != 0) (void)take_away(fresh, wishes);
    return n;
  }
  int draw([[maybe_unused]] page_run fresh, [[maybe_unused]] const attributes& wishes) noexcept {
    if constexpr (object_store<S>)
      while (fresh.bytes != 0) {
        const auto part = from_->take(fresh, owner_);
        if (part.bytes == 0) return 0;
        if (const int n = S::map_object({fresh.base, part.bytes}, from_->object(), part.offset, wishes)) return n;
        fresh = {fresh.base + part.bytes, fresh.bytes - part.bytes};
      }
    return 0;
  }
  int take_away(page_run r, const attributes& wishes) noexcept {
    if constexpr (object_store<S>)
      if (from_->has_blocks_in(r, owner_)) {
        if (const int n = S::unmap_object(r, wishes)) return n;
        from_->give_back(r, owner_);
        return 0;
      }
    return S::decommit(r, wishes);
  }

  memory_partition<S>* from_ = nullptr;
  std::byte* end_ = nullptr;  // of what is charged; null before the first commit
  std::uint64_t owner_ = 0;
};

}  // namespace quire::backing

namespace quire {

/// A typedef whose memories draw from a partition.
template <class A>
using with_partition = typename A::template with_backing<backing::partitioned<typename A::backing_type>>;

}  // namespace quire
