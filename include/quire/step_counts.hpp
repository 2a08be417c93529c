// SPDX-License-Identifier: BSL-1.0
#pragma once
// An observer of steps that counts them.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <quire/error.hpp>
#include <quire/step_observer.hpp>

namespace quire {

/// Of one kind of step.
struct step_figures {
  std::uint64_t calls = 0;  // refused ones included
  std::uint64_t refused = 0;
  std::uint64_t bytes = 0;  // of the calls that were not refused
  std::chrono::nanoseconds took{}, longest{};

  friend constexpr bool operator==(const step_figures&, const step_figures&) = default;
};

/// Counts, bytes, times and refusals of each step, for any number of threads: `quire::seen_by<counts>` is the observer
/// that tells an object `counts` of static storage duration. quire/ostream.hpp prints it.
///
/// Cost of a step: two readings of the clock, three relaxed additions and a load; one exchange more if it is the
/// longest so far. Each kind of step has cache lines of its own. No lock (where atomics of 64 bits need none), no
/// allocation, no system call; also in a signal handler.
class step_counts {
 public:
  /// The clock that steps are timed by.
  using clock = std::chrono::steady_clock;

  /// Adds one step to its figures.
  void saw(const observed_step& one) noexcept {
    counters& c = all_[static_cast<std::size_t>(one.at)];
    const auto took = static_cast<std::uint64_t>(one.took.count());
    add(c.calls, 1);
    add(c.took, took);
    if (one.native != 0)
      add(c.refused, 1);
    else
      add(c.bytes, one.run.bytes);
    for (std::uint64_t seen = c.longest.load(relaxed); seen < took;)
      if (c.longest.compare_exchange_weak(seen, took, relaxed)) break;
  }

  /// While other threads take steps, the figures are each right, and of slightly different times.
  [[nodiscard]] step_figures of(step at) const noexcept {
    const counters& c = all_[static_cast<std::size_t>(at)];
    return {.calls = c.calls.load(relaxed),
            .refused = c.refused.load(relaxed),
            .bytes = c.bytes.load(relaxed),
            .took = nanoseconds(c.took),
            .longest = nanoseconds(c.longest)};
  }

 private:
  using number = std::atomic<std::uint64_t>;
  static constexpr auto relaxed = std::memory_order_relaxed;
  struct alignas(64) counters {
    number calls{0}, refused{0}, bytes{0}, took{0}, longest{0};
  };

  static void add(number& to, std::uint64_t n) noexcept { to.fetch_add(n, relaxed); }
  static std::chrono::nanoseconds nanoseconds(const number& n) noexcept {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(n.load(relaxed)));
  }

  std::array<counters, static_cast<std::size_t>(step::flush) + 1> all_{};
};

}  // namespace quire
