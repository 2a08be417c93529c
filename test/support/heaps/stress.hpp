// SPDX-License-Identifier: BSL-1.0
#pragma once
// A workload for heaps: threads that come and go allocate blocks of many sizes, hand them to each other, and free those
// of others. Each block says how it was filled, so that a byte which another block or the system has changed is seen.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace quire::test {

struct stress_terms {
  unsigned threads = 4, generations = 3, steps = 10000;  // steps of each thread of each generation
  std::size_t largest = std::size_t{1} << 20;            // bytes; one block in 500 may be as large
};

struct stress_outcome {
  std::uint64_t blocks = 0, refused = 0, damaged = 0;
};

/// `Heap` has a class `of_thread`, made by each thread from a reference to the heap: `void* allocate(size_t)`, null if
/// it is refused, and `void release(void*)`, for blocks of any thread.
template <class Heap>
class heap_stress {
 public:
  explicit heap_stress(Heap& heap, stress_terms terms = {}) : heap_(heap), terms_(terms) {}

  /// Afterwards all blocks are freed.
  stress_outcome run() {
    for (unsigned generation = 0; generation < terms_.generations; ++generation) {
      std::vector<std::thread> threads;
      for (unsigned i = 0; i < terms_.threads; ++i)
        threads.emplace_back([this, seed = generation * terms_.threads + i] { work(seed); });
      for (std::thread& each : threads) each.join();
    }
    typename Heap::of_thread mine(heap_);
    for (auto& slot : slots_) take_back(mine, slot.exchange(nullptr));
    return {blocks_, refused_, damaged_};
  }

 private:
  struct block {
    std::size_t bytes;
    unsigned char filling;
  };

  void work(unsigned seed) {
    typename Heap::of_thread mine(heap_);
    std::minstd_rand random(seed + 1);
    for (unsigned i = 0; i < terms_.steps; ++i) {
      block* const made = make(mine, draw_size(random), static_cast<unsigned char>(random()));
      take_back(mine, slots_[random() % slots_.size()].exchange(made, std::memory_order_acq_rel));
    }
  }
  std::size_t draw_size(std::minstd_rand& random) const {
    const std::size_t kind = random() % 500;
    const std::size_t most = kind == 0   ? terms_.largest
                             : kind < 20 ? std::min<std::size_t>(terms_.largest, 65536)
                                         : 600;
    return sizeof(block) + random() % most;
  }
  block* make(typename Heap::of_thread& mine, std::size_t bytes, unsigned char filling) {
    void* const place = mine.allocate(bytes);
    if (place == nullptr) {
      ++refused_;
      return nullptr;
    }
    ++blocks_;
    std::memset(place, filling, bytes);
    return ::new (place) block{bytes, filling};
  }
  void take_back(typename Heap::of_thread& mine, block* b) {
    if (b == nullptr) return;
    const std::size_t filled = b->bytes - sizeof(block);
    const auto* const first = reinterpret_cast<const unsigned char*>(b + 1);
    if (filled != 0 && (*first != b->filling || std::memcmp(first, first + 1, filled - 1) != 0)) ++damaged_;
    mine.release(b);
  }

  Heap& heap_;
  stress_terms terms_;
  std::array<std::atomic<block*>, 2000> slots_{};
  std::atomic<std::uint64_t> blocks_{0}, refused_{0}, damaged_{0};
};

}  // namespace quire::test
