// SPDX-License-Identifier: BSL-1.0
#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <utility>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

const bool is_terminal = isatty(STDERR_FILENO) != 0;
clock::time_point start = clock::now();
schedule plan;

double seconds_passed() { return std::chrono::duration<double>(clock::now() - start).count(); }

}  // namespace

double schedule::remaining(double passed) const {
  const double pace = expected_ > 0 ? until_now_ / expected_ : 1;
  const auto current = parts_.begin() + static_cast<std::ptrdiff_t>(done_);
  if (current == parts_.end()) return 0;
  const double of_current = std::max(0.0, *current * pace - (passed - until_now_));
  return of_current + std::accumulate(current + 1, parts_.end(), 0.0) * pace;
}

void begin_progress(schedule s) {
  plan = std::move(s);
  start = clock::now();
}

void part_is_over() { plan.next(seconds_passed()); }

void progress(const std::string& what) {
  const double passed = seconds_passed();
  char rest[32] = "";
  if (plan.is_known()) (void)std::snprintf(rest, sizeof rest, ", about %.0f s left", plan.remaining(passed));
  std::fflush(stdout);
  std::fprintf(stderr, is_terminal ? "\r\x1b[K[%3.0f s%s] %s" : "[%3.0f s%s] %s\n", passed, rest, what.c_str());
  std::fflush(stderr);
}

void end_progress() {
  if (is_terminal) std::fputs("\r\x1b[K", stderr);
}

}  // namespace bench
