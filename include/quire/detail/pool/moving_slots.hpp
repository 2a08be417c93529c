// SPDX-License-Identifier: BSL-1.0
#pragma once
// Slots that are neither in use nor free for a moment: a thread prepares, cleans or trims them.
#include <atomic>
#include <cstdint>

#include <quire/store/reuse.hpp>

namespace quire::detail {

/// A thread that finds no free slot waits for those on the move. A child process has a copy of the counts, but of the
/// threads only the one that forked: what a process with another number counted does not count there.
template <class Store>
class moving_slots {
 public:
  /// While it exists, this thread may have slots on the move, and takes none.
  class scope {
   public:
    explicit scope(moving_slots& of) noexcept : counts_(of), here_(process()) { counts_.enter(here_); }
    ~scope() { counts_.leave(here_); }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

   private:
    moving_slots& counts_;
    std::uint32_t here_;
  };

  /// Counts moves. If none is under way, and this, read after that, has not changed, there was none in between.
  [[nodiscard]] std::uint32_t ended() const noexcept { return ended_; }
  [[nodiscard]] bool is_any_under_way() const noexcept {
    const std::uint64_t now = under_way_;
    return count_in(now) != 0 && process_in(now) == process();
  }
  /// Lets the threads that move slots go on, also those of a lower priority, if the store can wait.
  static void wait_a_little() noexcept {
    if constexpr (waiting_store<Store>) Store().pause();
  }

 private:
  static constexpr std::uint32_t count_in(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  static constexpr std::uint32_t process_in(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32);
  }
  static std::uint32_t process() noexcept {
    if constexpr (waiting_store<Store>) return Store().process();
    return 0;
  }
  void enter(std::uint32_t here) noexcept {
    std::uint64_t old = under_way_, now = 0;
    do now = (process_in(old) == here ? old : std::uint64_t{here} << 32) + 1;
    while (!under_way_.compare_exchange_weak(old, now));
  }
  void leave(std::uint32_t here) noexcept {
    ++ended_;
    std::uint64_t old = under_way_;
    while (process_in(old) == here && !under_way_.compare_exchange_weak(old, old - 1)) {
    }
  }

  std::atomic<std::uint64_t> under_way_{0};  // the process, and how many of its threads
  std::atomic<std::uint32_t> ended_{0};
};

}  // namespace quire::detail
