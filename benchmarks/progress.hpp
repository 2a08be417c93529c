// SPDX-License-Identifier: BSL-1.0
#pragma once
// One line on standard error: the current measurement, the time so far, and about how long the rest will take. On a
// terminal the next line overwrites it.
#include <string>
#include <vector>

namespace bench {

/// The parts of a run, by about how many seconds each takes. What remains follows from these, and from how much faster
/// or slower the parts have been that are over.
class schedule {
 public:
  schedule() = default;
  explicit schedule(std::vector<double> parts) : parts_(std::move(parts)) {}

  /// A part is over; so many seconds have passed since the first began.
  void next(double passed) {
    if (done_ < parts_.size()) expected_ += parts_[done_++];
    until_now_ = passed;
  }
  [[nodiscard]] double remaining(double passed) const;
  [[nodiscard]] bool is_known() const { return !parts_.empty(); }

 private:
  std::vector<double> parts_{};
  std::size_t done_ = 0;
  double expected_ = 0, until_now_ = 0;  // of the parts that are over: as expected, and in fact
};

void begin_progress(schedule s);
void part_is_over();
void progress(const std::string& what);
void end_progress();  // call before printing anything else

}  // namespace bench
