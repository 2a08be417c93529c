// SPDX-License-Identifier: BSL-1.0
#pragma once
// How long a question may take. Noise repeats runs, and a busy machine makes each longer: past its time a question is
// content with fewer samples, whose number is told, and repeats no run that was too noisy.
#include <algorithm>
#include <chrono>

namespace bench {

class pace {
 public:
  /// Begins a question.
  static void allow(double seconds) {
    end_ = clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
  }
  [[nodiscard]] static bool is_over() { return clock::now() >= end_; }
  /// At least one.
  [[nodiscard]] static int whole_seconds_left() {
    return std::max(1, static_cast<int>(std::chrono::duration<double>(end_ - clock::now()).count()));
  }

 private:
  using clock = std::chrono::steady_clock;
  inline static clock::time_point end_ = clock::time_point::max();
};

}  // namespace bench
