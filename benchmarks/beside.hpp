// SPDX-License-Identifier: BSL-1.0
#pragma once
// Work that goes on on another processor while something is measured on this one: in a thread of this process, or in
// another process, which shares the machine but not the address space.
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

namespace bench {

/// A processor that this process may run on, other than the one that runs this thread; -1 if there is none.
[[nodiscard]] int another_cpu();

class companion {
 public:
  enum class place { thread, process };

  /// Repeats `work` on that processor until the companion is destroyed. Waits until it has been done three times.
  companion(place where, int cpu, std::function<void()> work);
  companion(const companion&) = delete;
  companion& operator=(const companion&) = delete;
  ~companion();

  /// How often the work has been done: while this stands still, the companion does not run.
  [[nodiscard]] std::uint64_t rounds() const { return shared_->rounds.load(std::memory_order_relaxed); }

 private:
  struct state {
    std::atomic<bool> stop;
    std::atomic<std::uint64_t> rounds;
  };
  static void run(state& shared, int cpu, const std::function<void()>& work);

  state* shared_;  // in memory that a child process shares
  std::thread thread_;
  int child_ = -1;
};

}  // namespace bench
