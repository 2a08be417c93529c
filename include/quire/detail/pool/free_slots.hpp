#pragma once
// The free slots of a pool: lock-free stacks, one for each processor.
#include <atomic>
#include <boost/config.hpp>
#include <cstdint>

#include <quire/detail/pool/slot_record.hpp>

namespace quire::detail {

/// Slots are named by their number + 1, and 0 is none. Any thread may use any stack: which one is a hint, so that
/// threads do not contend and find their own last slot. Behind them lie a stack for slots that are tried when no other
/// is left, and one for slots that came back and wait to be cleaned.
class free_slots {
 public:
  static constexpr unsigned stacks = 64, last_resort = stacks, waiting = stacks + 1;

  [[nodiscard]] BOOST_FORCEINLINE std::uint32_t pop(slot_record* records, unsigned at) noexcept {
    std::atomic<std::uint64_t>& head = stacks_[at].head;
    std::uint64_t old = head.load(std::memory_order_acquire);
    while (top_of(old) != 0) {
      const std::uint32_t next = records[top_of(old) - 1].next.load(std::memory_order_relaxed);
      if (head.compare_exchange_weak(old, ((old >> 32) + 1) << 32 | next, std::memory_order_acq_rel)) break;
    }
    return top_of(old);
  }
  BOOST_FORCEINLINE void push(slot_record* records, unsigned at, std::uint32_t slot) noexcept {
    std::atomic<std::uint64_t>& head = stacks_[at].head;
    std::uint64_t old = head.load(std::memory_order_relaxed);
    do records[slot - 1].next.store(top_of(old), std::memory_order_relaxed);
    while (!head.compare_exchange_weak(old, ((old >> 32) + 1) << 32 | slot, std::memory_order_release));
  }
  [[nodiscard]] bool is_empty(unsigned at) const noexcept { return top_of(stacks_[at].head.load()) == 0; }
  /// Whether there was a moment without any free slot. One that moves between two looks changes what is seen.
  [[nodiscard]] bool were_empty() const noexcept {
    std::uint64_t seen[waiting + 1];
    for (unsigned at = 0; at <= waiting; ++at) {
      seen[at] = stacks_[at].head.load();
      if (top_of(seen[at]) != 0) return false;
    }
    for (unsigned at = 0; at <= waiting; ++at)
      if (stacks_[at].head.load() != seen[at]) return false;
    return true;
  }
  /// Pops from the first stack behind `at` that is not empty.
  [[nodiscard]] BOOST_NOINLINE std::uint32_t pop_from_others(slot_record* records, unsigned at) noexcept {
    for (unsigned k = 1; k < stacks; ++k)
      if (const std::uint32_t slot = pop(records, (at + k) % stacks)) return slot;
    return 0;
  }

 private:
  /// The number of pops in the upper half: a head that was taken and put back meanwhile is not mistaken for the old
  /// one.
  struct alignas(64) stack {
    std::atomic<std::uint64_t> head{0};
  };
  static constexpr std::uint32_t top_of(std::uint64_t head) noexcept { return static_cast<std::uint32_t>(head); }

  stack stacks_[waiting + 1];
};

}  // namespace quire::detail
