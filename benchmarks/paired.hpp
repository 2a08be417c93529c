// SPDX-License-Identifier: BSL-1.0
#pragma once
// The loop behind every ratio to hand-written calls: by hand, Quire, by hand, one by one, with the two hand-written
// ones changing places each time. Drift, other load and frequency affect all alike, so the ratio of neighbours is
// steady where the times are not; the ratio between the two hand-written ones shows whether it can be trusted.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pace.hpp"
#include "shaker.hpp"
#include "statistics.hpp"

namespace bench {

/// Does the work once and returns the nanoseconds of the part to be measured.
using sampler = std::function<double()>;

struct contenders {
  sampler by_hand, quire, by_hand_again;
  sampler instead;  // the alternative that a user would have; may be empty
};

struct comparison {
  summary by_hand, quire, instead;
  summary ratio;    // Quire to by hand, in pairs
  summary control;  // by hand to by hand, in pairs
  int runs = 0;

  static constexpr double largest_deviation = 0.01;
  static constexpr int most_runs = 4;

  [[nodiscard]] bool is_steady() const { return std::abs(control.median - 1) <= largest_deviation; }
  /// What a row says of its noise, if anything.
  [[nodiscard]] std::string remark() const {
    if (is_steady()) return "";
    return "too noisy, after " + std::to_string(runs) + (runs == 1 ? " run" : " runs");
  }
};

namespace detail {

struct series {
  std::vector<double> by_hand, quire, instead, ratio, control;

  void take_pair(const contenders& c, bool swapped) {
    const double before = (swapped ? c.by_hand_again : c.by_hand)();
    const double middle = c.quire();
    const double after = (swapped ? c.by_hand : c.by_hand_again)();
    const auto [first, second] = swapped ? std::pair(after, before) : std::pair(before, after);
    by_hand.push_back(first);
    quire.push_back(middle);
    ratio.push_back(middle / first);
    control.push_back(second / first);
  }

  /// Takes small groups, since each sample is warmed up only by its own kind.
  void take_instead(const contenders& c, std::size_t count) {
    if (!c.instead) return;
    (void)c.instead();
    while (count-- > 0 && (instead.empty() || !pace::is_over())) instead.push_back(c.instead());
    (void)c.by_hand();
  }
};

inline comparison compare_once(const contenders& c, std::size_t pairs) {
  constexpr std::size_t between_shakes = 100, fewest = 20, between_looks = 4;
  address_space_shaker neighbours;
  series taken;
  for (std::size_t i = 0; i < pairs; ++i) {
    if (i >= fewest && i % between_looks == 0 && pace::is_over()) break;
    if (i % between_shakes == 0) {
      taken.take_instead(c, std::clamp<std::size_t>(pairs / 8, 3, between_shakes / 8));
      neighbours.shake();
    }
    taken.take_pair(c, i % 2 != 0);
  }
  return {.by_hand = summarize(std::move(taken.by_hand)),
          .quire = summarize(std::move(taken.quire)),
          .instead = summarize(std::move(taken.instead)),
          .ratio = summarize(std::move(taken.ratio)),
          .control = summarize(std::move(taken.control))};
}

}  // namespace detail

/// Repeats a run that was too noisy, three times at most, while the question has time; then it returns the last one.
inline comparison compare(const contenders& c, std::size_t pairs) {
  for (int run = 1;; ++run) {
    comparison got = detail::compare_once(c, pairs);
    got.runs = run;
    if (got.is_steady() || run == comparison::most_runs || pace::is_over()) return got;
  }
}

}  // namespace bench
