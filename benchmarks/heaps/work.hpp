// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a heap is measured at: threads that use a store of values in memory. They read values of others, drop them, and
// add new ones. The first argument of the program says where the heap's pages come from.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

constexpr std::size_t heap_bytes = std::size_t{1} << 30;
constexpr unsigned threads = 4, steps = 200'000;

/// 200,000 values of 16 to 1,000 bytes.
template <class Heap>
class value_store {
 public:
  explicit value_store(Heap& heap) : heap_(heap), slots_(200'000) {}

  std::uint64_t use() {
    std::vector<std::thread> all;
    for (unsigned i = 0; i < threads; ++i) all.emplace_back([this, i] { work(i); });
    for (std::thread& each : all) each.join();
    typename Heap::of_thread mine(heap_);
    for (auto& slot : slots_) mine.release(slot.exchange(nullptr));
    return sum_;
  }

 private:
  void work(unsigned seed) {
    typename Heap::of_thread mine(heap_);
    std::minstd_rand random(seed + 1);
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < steps; ++i) {
      auto& slot = slots_[random() % slots_.size()];
      void* value = slot.exchange(nullptr);
      if (value != nullptr) sum += *static_cast<const unsigned char*>(value);
      if (value == nullptr || random() % 2 == 0) {
        if (value != nullptr) mine.release(value);
        const std::size_t bytes = 16 + random() % 985;
        value = mine.allocate(bytes);
        if (value == nullptr) std::abort();
        std::memset(value, static_cast<int>(i), bytes);
      }
      if (void* const other = slot.exchange(value)) mine.release(other);
    }
    sum_ += sum;
  }

  Heap& heap_;
  std::vector<std::atomic<void*>> slots_;
  std::atomic<std::uint64_t> sum_{0};
};

/// `Choose` makes the heap that its argument names, and calls a function with it; otherwise it returns false.
template <class Choose>
int work_on(int count, char** arguments, Choose choose) {
  const std::string_view wanted = count > 1 ? arguments[1] : "";
  const bool known = choose(
      wanted, [](auto& heap) { std::printf("%llu\n", static_cast<unsigned long long>(value_store(heap).use())); });
  return known ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace bench
