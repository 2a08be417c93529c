// SPDX-License-Identifier: BSL-1.0
#pragma once
// Disturbances of the measurements, as far as the kernel reports them.
#include <string>
#include <vector>

namespace bench {

class noise_watch {
 public:
  noise_watch();

  /// One sentence for each disturbance that makes the figures doubtful.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  struct counters {
    double seconds;
    double stolen;   // CPU seconds that the hypervisor gave to other machines
    long preempted;  // how often this process was preempted
    double load;
  };
  static counters read();

  counters at_start_;
};

}  // namespace bench
