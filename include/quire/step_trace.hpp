// SPDX-License-Identifier: BSL-1.0
#pragma once
// An observer of steps that keeps them for a file in the JSON trace event format, which ui.perfetto.dev and
// chrome://tracing read.
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <quire/error.hpp>
#include <quire/step_observer.hpp>

namespace quire {

namespace detail {

/// Numbers threads from 1 in the order of their first steps; names of threads are the system's business.
inline std::atomic<std::uint32_t> numbered_threads{0};
inline thread_local std::uint32_t number_of_thread = 0;

[[nodiscard]] inline std::uint32_t this_thread() noexcept {
  if (number_of_thread == 0) number_of_thread = numbered_threads.fetch_add(1, std::memory_order_relaxed) + 1;
  return number_of_thread;
}

struct traced_step {
  observed_step taken;
  std::uint32_t thread;
};

/// One event of the JSON trace event format. Times are in microseconds, so the nanoseconds are their decimals.
/// Everything printed is a number or a literal of this library without quotes, which need no escape.
[[nodiscard]] inline bool print_event(std::FILE* to, const traced_step& t, std::uint32_t process) noexcept {
  const auto ns = [](std::chrono::nanoseconds n) { return static_cast<unsigned long long>(n.count()); };
  const observed_step& s = t.taken;
  if (std::fprintf(to,
                   R"({"name":"%s","cat":"quire","ph":"X","ts":%llu.%03llu,"dur":%llu.%03llu,"pid":%lu,"tid":%lu,)"
                   R"("args":{"step":"%s","address":"0x%llx","bytes":%llu)",
                   s.operation, ns(s.began) / 1000, ns(s.began) % 1000, ns(s.took) / 1000, ns(s.took) % 1000,
                   static_cast<unsigned long>(process), static_cast<unsigned long>(t.thread), name(s.at),
                   static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(s.run.base)),
                   static_cast<unsigned long long>(s.run.bytes)) < 0)
    return false;
  if (const auto refused = s.refused())
    if (std::fprintf(to, R"(,"error":"%s","native":%d)", refused->message(), refused->native) < 0) return false;
  return std::fputs("}}", to) >= 0;
}

}  // namespace detail

/// Keeps up to `Capacity` steps, a power of two up to 65536, until they are written; more are dropped and counted.
/// `quire::seen_by<trace>` is the observer that tells an object `trace` of static storage duration, some 80 bytes for
/// each step, all zero until they are used.
///
/// `saw` is for any number of threads: two readings of the clock, four atomic operations and a copy; no lock, no
/// allocation, no system call. `flush` and `finish` are for one thread at a time, while others may go on taking steps.
/// A child process inherits the steps that were not written before the fork, and the file with what was not yet flushed
/// of it.
template <std::size_t Capacity = 16384>
class step_trace {
  // Compilers look at each slot to find that all are zero, and give up beyond some number.
  static_assert(Capacity > 1 && Capacity <= 65536 && std::has_single_bit(Capacity),
                "quire: the capacity of a trace is a power of two from 2 to 65536");

 public:
  /// The clock that steps are timed by.
  using clock = std::chrono::steady_clock;

  /// Keeps one step, or counts it as dropped where there is no place.
  void saw(const observed_step& one) noexcept {
    std::size_t place = end_.load(std::memory_order_relaxed);
    for (;;) {
      const auto ahead = static_cast<std::ptrdiff_t>(turn_of(place) - place);
      if (ahead == 0) {
        if (end_.compare_exchange_weak(place, place + 1, std::memory_order_relaxed)) break;
      } else if (ahead < 0) {  // what was kept here a round ago is not written yet
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
      } else {
        place = end_.load(std::memory_order_relaxed);
      }
    }
    at(place).event = {one, detail::this_thread()};
    set_turn(place, place + 1);
  }

  /// Steps that found no room, in the trace or in a file, since the trace was made.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

  /// Appends what was kept to `file` and forgets it: an array of the JSON trace event format, which need not be closed,
  /// so that the file can be opened at any time. Steps that threads are just recording are left for the next time.
  /// `process`: the number under which the events appear. Returns false if the file takes no more: the steps of this
  /// call then count as dropped, since those in the file's buffer are lost, and those that it has not come to are kept.
  [[nodiscard]] bool flush(std::FILE* file, std::uint32_t process = 1) noexcept {
    if (!is_open_) {
      if (std::fprintf(file, R"([{"name":"process_name","ph":"M","pid":%lu,"tid":0,"args":{"name":"quire"}})",
                       static_cast<unsigned long>(process)) < 0 ||
          std::fflush(file) != 0)
        return false;
      is_open_ = true;
    }
    bool is_written = true;
    const std::size_t first = begin_;
    while (is_written && turn_of(begin_) == begin_ + 1) {
      const detail::traced_step event = at(begin_).event;
      set_turn(begin_, begin_ + Capacity);
      ++begin_;
      is_written = std::fputs(",\n", file) >= 0 && detail::print_event(file, event, process);
      last_ = event.taken.began + event.taken.took;
    }
    if (is_written && std::fflush(file) == 0) return true;
    dropped_.fetch_add(begin_ - first, std::memory_order_relaxed);
    return false;
  }
  /// The same, and closes the array, with the number of dropped steps as a counter at its end. The next flush begins
  /// another file.
  [[nodiscard]] bool finish(std::FILE* file, std::uint32_t process = 1) noexcept {
    if (!flush(file, process)) return false;
    is_open_ = false;
    const auto now = static_cast<unsigned long long>(last_.count() / 1000);
    return std::fprintf(file,
                        ",\n"
                        R"({"name":"dropped","ph":"C","ts":%llu,"pid":%lu,"args":{"steps":%llu}}])"
                        "\n",
                        now, static_cast<unsigned long>(process), static_cast<unsigned long long>(dropped())) >= 0 &&
           std::fflush(file) == 0;
  }

 private:
  /// `turn` says whose the slot is, less its index, so that it begins as zero: place p may be recorded at turn p and
  /// written at turn p + 1, and then becomes place p + Capacity.
  struct slot {
    std::atomic<std::size_t> turn{0};
    detail::traced_step event;
  };

  [[nodiscard]] slot& at(std::size_t place) noexcept { return slots_[place % Capacity]; }
  [[nodiscard]] std::size_t turn_of(std::size_t place) noexcept {
    return at(place).turn.load(std::memory_order_acquire) + place % Capacity;
  }
  void set_turn(std::size_t place, std::size_t turn) noexcept {
    at(place).turn.store(turn - place % Capacity, std::memory_order_release);
  }

  std::array<slot, Capacity> slots_{};
  alignas(64) std::atomic<std::size_t> end_{0};
  std::atomic<std::uint64_t> dropped_{0};
  alignas(64) std::size_t begin_ = 0;
  std::chrono::nanoseconds last_{};
  bool is_open_ = false;
};

}  // namespace quire
