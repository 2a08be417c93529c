// SPDX-License-Identifier: BSL-1.0
#pragma once
// The state that Windows keeps for each page of a reservation, stored for runs of equal pages.
#include <algorithm>
#include <cstddef>
#include <vector>

namespace quire::test {

struct page_state {
  bool committed = false;
  bool locked = false;
  unsigned offered = 0;     // the priority; 0 if not offered
  bool taken = false;       // taken by the system while it was offered
  unsigned protection = 0;  // of committed pages
  friend bool operator==(const page_state&, const page_state&) = default;
};

/// Offsets are in bytes, and multiples of the page size.
class page_states {
 public:
  struct run {
    std::size_t begin, end;
    page_state state;
  };

  explicit page_states(std::size_t bytes) : runs_{{0, bytes, {}}} {}

  [[nodiscard]] std::size_t bytes() const { return runs_.back().end; }
  [[nodiscard]] const std::vector<run>& runs() const { return runs_; }
  [[nodiscard]] const run& at(std::size_t offset) const {
    return *std::find_if(runs_.begin(), runs_.end(), [=](const run& r) { return offset < r.end; });
  }

  /// Returns the bytes in [begin, end) whose pages satisfy `is_so`.
  template <class F>
  [[nodiscard]] std::size_t count(std::size_t begin, std::size_t end, F is_so) const {
    std::size_t sum = 0;
    for (const run& r : runs_)
      if (is_so(r.state)) sum += std::max(begin, std::min(end, r.end)) - std::min(end, std::max(begin, r.begin));
    return sum;
  }
  template <class F>
  [[nodiscard]] bool all(std::size_t begin, std::size_t end, F are_so) const {
    return count(begin, end, are_so) == end - begin;
  }
  /// Calls f(run) for the runs in [begin, end), clipped to it; f may change their state.
  template <class F>
  void change(std::size_t begin, std::size_t end, F f) {
    cut(begin);
    cut(end);
    for (run& r : runs_)
      if (r.begin >= begin && r.end <= end) f(r);
    join();
  }

 private:
  void cut(std::size_t offset) {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const run whole = runs_[i];
      if (whole.begin >= offset || offset >= whole.end) continue;
      runs_[i].end = offset;
      runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(i) + 1, {offset, whole.end, whole.state});
      return;
    }
  }
  void join() {
    std::vector<run> joined;
    for (const run& r : runs_)
      if (!joined.empty() && joined.back().state == r.state)
        joined.back().end = r.end;
      else
        joined.push_back(r);
    runs_ = std::move(joined);
  }

  std::vector<run> runs_;
};

}  // namespace quire::test
