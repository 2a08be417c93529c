#pragma once
// What disturbed the measurements, as far as the kernel tells.
#include <string>
#include <vector>

namespace bench {

class noise_watch {
 public:
  noise_watch();

  /// One sentence for each thing that makes the figures doubtful.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  struct counters {
    double seconds;
    double stolen;   // CPU seconds that the hypervisor gave to somebody else
    long preempted;  // how often this process was
    double load;
  };
  static counters read();

  counters at_start_;
};

}  // namespace bench
