// SPDX-License-Identifier: BSL-1.0
#pragma once
// Time in ticks, read with barriers that keep the timed code inside its interval.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

using ticks = std::uint64_t;

#if defined(__x86_64__)
inline constexpr const char* clock_name = "rdtscp";
inline ticks now() noexcept {
  unsigned cpu = 0;
  _mm_lfence();
  const ticks t = __rdtscp(&cpu);
  _mm_lfence();
  return t;
}
#else
inline constexpr const char* clock_name = "clock_gettime";
inline ticks now() noexcept {
  std::timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<ticks>(t.tv_sec) * 1'000'000'000u + static_cast<ticks>(t.tv_nsec);
}
#endif

/// The cost of reading the clock twice, and the length of a tick; measured once.
struct clock_facts {
  ticks overhead;
  double nanoseconds_per_tick;
};

inline clock_facts measure_clock() {
  using wall_clock = std::chrono::steady_clock;
  ticks overhead = ~ticks{0};
  const auto wall_begin = wall_clock::now();
  const ticks begin = now();
  while (wall_clock::now() - wall_begin < std::chrono::milliseconds(50)) {
    const ticks start = now();
    overhead = std::min(overhead, now() - start);
  }
  const std::chrono::duration<double, std::nano> passed = wall_clock::now() - wall_begin;
  return {overhead, passed.count() / static_cast<double>(now() - begin)};
}

inline const clock_facts& this_clock() {
  static const clock_facts facts = measure_clock();
  return facts;
}

/// Returns the nanoseconds that `f` takes, without the cost of the clock itself.
template <class F>
double timed(F&& f) {
  const ticks begin = now();
  f();
  const ticks passed = now() - begin;
  return static_cast<double>(passed - std::min(passed, this_clock().overhead)) * this_clock().nanoseconds_per_tick;
}

}  // namespace bench
