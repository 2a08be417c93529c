// SPDX-License-Identifier: BSL-1.0
#pragma once
// The free slots of a pool: lock-free stacks, one for each processor.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/detail/pool/slot_record.hpp>

namespace quire::detail {

/// Slots are named by their number + 1, and 0 is none. Any thread may use any stack: which one is a hint, so that
/// threads do not contend and find their own last slot. Behind them lie a stack for slots that are tried when no other
/// is left, one for slots that came back and wait to be cleaned, and one for slots that are to be trimmed.
///
/// The slot that came back last lies on top of its stack in a word of its own, so that a thread that takes and returns
/// one exchanges that word twice, and does not follow the list.
class free_slots {
  /// The number of changes in the upper half of the head: one that was taken and put back meanwhile is not mistaken for
  /// the old one. Empty as zeros.
  struct alignas(128) stack {
    std::atomic<std::uint64_t> head{0};
    std::atomic<std::uint32_t> top{0};
  };

 public:
  static constexpr unsigned stacks = 64, last_resort = stacks, waiting = stacks + 1, trimmed = stacks + 2;
  static constexpr std::size_t bytes = (trimmed + 1) * sizeof(stack), alignment = alignof(stack);

  /// The stacks lie apart, since most of them are never touched. `zeros`: `bytes` at this alignment.
  explicit free_slots(std::byte* zeros) noexcept : stacks_(reinterpret_cast<stack*>(zeros)) {}

  [[nodiscard]] BOOST_FORCEINLINE std::uint32_t pop(slot_record* records, unsigned at) noexcept {
    std::atomic<std::uint32_t>& top = stacks_[at].top;
    if (top.load(std::memory_order_relaxed) != 0) [[likely]]
      if (const std::uint32_t slot = top.exchange(0, std::memory_order_acq_rel)) [[likely]]
        return slot;
    return pop_listed(records, at);
  }
  BOOST_FORCEINLINE void push(slot_record* records, unsigned at, std::uint32_t slot) noexcept {
    std::atomic<std::uint32_t>& top = stacks_[at].top;
    if (const std::uint32_t below = top.exchange(slot)) list(records, at, below);
    if (watchers_.load() != 0) [[unlikely]]
      if (const std::uint32_t taken_back = top.exchange(0)) list(records, at, taken_back);
  }
  /// Pushes below the slot that came back last.
  void list(slot_record* records, unsigned at, std::uint32_t slot) noexcept { list(records, at, slot, slot); }
  /// Pushes a chain of slots there: `next` leads from the first to the last.
  void list(slot_record* records, unsigned at, std::uint32_t first, std::uint32_t last) noexcept {
    std::atomic<std::uint64_t>& head = stacks_[at].head;
    std::uint64_t old = head.load(std::memory_order_relaxed);
    do records[last - 1].next.store(first_in(old), std::memory_order_relaxed);
    while (!head.compare_exchange_weak(old, ((old >> 32) + 1) << 32 | first, std::memory_order_release));
  }
  [[nodiscard]] bool is_empty(unsigned at) const noexcept {
    return stacks_[at].top.load() == 0 && first_in(stacks_[at].head.load()) == 0;
  }
  /// Whether there was a moment without any free slot. While a thread looks, slots that come back are listed, and one
  /// that moves between two looks changes what is seen. A thread that returns or takes a slot at that moment has not
  /// finished, and hides no more than that one. `pop` releases as well as acquires, so that a thread that sees an empty
  /// word also sees what the thread that emptied it had listed before.
  [[nodiscard]] bool were_empty() noexcept {
    ++watchers_;
    const bool none =
        std::all_of(stacks_, stacks_ + all, [](const stack& s) { return s.top == 0; }) && were_lists_empty();
    --watchers_;
    return none;
  }
  /// Pops from the first stack behind `at` that is not empty.
  [[nodiscard]] BOOST_NOINLINE std::uint32_t pop_from_others(slot_record* records, unsigned at) noexcept {
    for (unsigned k = 1; k < stacks; ++k)
      if (const std::uint32_t slot = pop(records, (at + k) % stacks)) return slot;
    return 0;
  }

 private:
  static constexpr std::uint32_t first_in(std::uint64_t head) noexcept { return static_cast<std::uint32_t>(head); }

  [[nodiscard]] std::uint32_t pop_listed(slot_record* records, unsigned at) noexcept {
    std::atomic<std::uint64_t>& head = stacks_[at].head;
    std::uint64_t old = head.load(std::memory_order_acquire);
    while (first_in(old) != 0) {
      const std::uint32_t next = records[first_in(old) - 1].next.load(std::memory_order_relaxed);
      if (head.compare_exchange_weak(old, ((old >> 32) + 1) << 32 | next, std::memory_order_acq_rel)) break;
    }
    return first_in(old);
  }
  [[nodiscard]] bool were_lists_empty() const noexcept {
    std::uint64_t seen[all];
    for (unsigned at = 0; at != all; ++at) {
      seen[at] = stacks_[at].head.load();
      if (first_in(seen[at]) != 0) return false;
    }
    for (unsigned at = 0; at != all; ++at)
      if (stacks_[at].head.load() != seen[at]) return false;
    return true;
  }

  static constexpr unsigned all = trimmed + 1;
  stack* stacks_;
  alignas(64) std::atomic<std::uint32_t> watchers_{0};  // threads that look whether all stacks are empty
};

}  // namespace quire::detail
