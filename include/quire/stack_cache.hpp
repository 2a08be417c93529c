// SPDX-License-Identifier: BSL-1.0
#pragma once
// Stacks that a thread keeps at hand, so that taking and returning one takes no atomic exchange.
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/detail/poisoning.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/result.hpp>
#include <quire/stack_pool.hpp>

namespace quire {

/// Up to 64 stacks of a pool, for one thread: the one that came back last is taken first. To the pool they have not
/// come back: `live` counts them, `trim` leaves them, and no other thread gets one; but `find` says that they are not
/// live. Contents stay, so that the pool has recycling::none. Preconditions: until the cache is gone, the pool lives,
/// and is neither moved nor assigned to; one thread at a time uses the cache.
template <class A, class Recycling>
class stack_cache {
  using pool = stack_pool<A, Recycling>;
  static_assert(detail::leaves_contents<Recycling>,
                "quire: a stack_cache wipes nothing, so its pool has recycling::none");

 public:
  /// The most stacks that it keeps.
  static constexpr std::uint32_t most = 64;

  /// Keeps none yet.
  explicit stack_cache(pool& from) noexcept : pool_(&from) {}
  stack_cache(const stack_cache&) = delete;
  stack_cache& operator=(const stack_cache&) = delete;
  ~stack_cache() { flush(); }

  /// The stack that came back last, with the contents that its last user left; from the pool if the cache has none.
  /// Errors: those of the pool's `acquire`. Cost: no system call and no atomic exchange, or that of the pool's.
  [[nodiscard]] BOOST_FORCEINLINE result<stack_memory> acquire() noexcept {
    if (kept_ == 0) [[unlikely]]
      return pool_->acquire();
    const std::uint32_t slot = slots_[--kept_];
    auto* const source = pool_->source_;
    detail::slot_record& r = source->of(slot);
    r.state.store(detail::slot_state::live, std::memory_order_relaxed);
    hand_out(r);
    return stack_memory{r.base, source->layout.capacity, slot - 1, r.uses.load(std::memory_order_relaxed)};
  }
  /// As `release` of the pool, also for stacks that were not taken from this cache. A full cache returns half of its
  /// stacks to the pool first, those that it has had longest.
  BOOST_FORCEINLINE void release(const stack_memory& stack) noexcept {
    detail::slot_record* const r = pool_->record_of(stack);
    if (r == nullptr) [[unlikely]]
      return;
    if (kept_ == most) [[unlikely]]
      give_back(most / 2);
    auto* const source = pool_->source_;
    source->count_use(*r);
    r->state.store(detail::slot_state::kept, std::memory_order_relaxed);
    detail::poisoning::take_back(source->records, r->base, 0, source->layout.capacity);
    slots_[kept_++] = stack.number + 1;
  }
  /// Returns all stacks to the pool. Cost: two atomic exchanges for each.
  void flush() noexcept { give_back(kept_); }
  /// As `find_live` of the pool.
  [[nodiscard]] std::optional<stack_memory> find_live(const void* p) const noexcept { return pool_->find_live(p); }

 private:
  BOOST_FORCEINLINE void hand_out(const detail::slot_record& r) const noexcept {
    detail::poisoning::hand_out(pool_->source_->records, r.base, 0, pool_->source_->layout.capacity,
                                detail::poisoning::contents::unspecified);
  }
  BOOST_NOINLINE void give_back(std::uint32_t count) noexcept {
    auto* const source = pool_->source_;
    for (std::uint32_t i = 0; i != count; ++i) {
      hand_out(source->of(slots_[i]));  // `give` takes it back
      source->give(slots_[i]);
    }
    std::copy(slots_.begin() + count, slots_.begin() + kept_, slots_.begin());
    kept_ -= count;
  }

  pool* pool_;
  std::uint32_t kept_ = 0;
  std::array<std::uint32_t, most> slots_{};  // the one that came back last is the last
};
template <class A, class Recycling>
stack_cache(stack_pool<A, Recycling>&) -> stack_cache<A, Recycling>;

}  // namespace quire
