// SPDX-License-Identifier: BSL-1.0
#pragma once
// Several ways to do the same, measured in rounds: each in its turn, so that drift, other load and frequency affect all
// alike, and ratios are those within a round.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pace.hpp"
#include "paired.hpp"
#include "peer_failure.hpp"
#include "report.hpp"

namespace bench {

/// What is not here has no sampler, and says why.
struct way {
  std::string name;
  side whose;
  sampler take{};
  std::string remark{};
};

struct rounds_terms {
  std::chrono::milliseconds least;  // rounds go on for this long
  std::size_t fewest = 50;          // and there are as many as this
};

using sample_list = std::vector<double>;

namespace detail {

/// Takes one sample of each; every other round runs backwards, so that none is always the first.
inline void take_round(report& r, const std::string& what, std::vector<way>& ways, std::vector<sample_list>& taken,
                       bool backwards) {
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const std::size_t at = backwards ? ways.size() - 1 - i : i;
    if (!ways[at].take) continue;
    try {
      taken[at].push_back(ways[at].take());
    } catch (const peer_failure& failed) {
      r.leave_out(failed.peer() + ", " + what, failed.what());
      ways[at] = {.name = ways[at].name, .whose = ways[at].whose, .remark = failed.what()};
      taken[at].clear();
    }
  }
}

inline std::vector<sample_list> take_rounds(report& r, const std::string& what, std::vector<way>& ways,
                                            rounds_terms terms) {
  using clock = std::chrono::steady_clock;
  constexpr std::size_t between_shakes = 100, fewest_of_all = 5;
  std::vector<sample_list> taken(ways.size());
  address_space_shaker neighbours;
  const clock::time_point end = clock::now() + terms.least;
  for (std::size_t round = 0; round < terms.fewest || clock::now() < end; ++round) {
    if (round >= fewest_of_all && pace::is_over()) break;
    if (round % between_shakes == 0) neighbours.shake();
    take_round(r, what, ways, taken, round % 2 != 0);
  }
  return taken;
}

}  // namespace detail

/// What the rounds gave. The baseline is the fastest of the ways that may be it; each of these is measured twice, for
/// the control.
class compared_ways {
 public:
  /// `what` is done in all these ways; `references`: the places of the ways that may be the baseline. Repeats a run
  /// that was too noisy, as `compare` does.
  compared_ways(report& r, const std::string& what, std::vector<way> ways, const std::vector<std::size_t>& references,
                rounds_terms terms)
      : count_(ways.size()), ways_(std::move(ways)) {
    for (const std::size_t each : references) ways_.push_back(ways_[each]);
    for (runs_ = 1;; ++runs_) {
      taken_ = detail::take_rounds(r, what, ways_, terms);
      choose_baseline(references);
      if (is_steady() || runs_ == comparison::most_runs || pace::is_over()) return;
    }
  }

  [[nodiscard]] bool is_here(std::size_t which) const { return !taken_[which].empty(); }
  [[nodiscard]] summary time(std::size_t which) const { return summarize(taken_[which]); }
  [[nodiscard]] std::size_t baseline() const { return baseline_; }
  [[nodiscard]] const std::string& name(std::size_t which) const { return ways_[which].name; }
  [[nodiscard]] bool is_steady() const { return beside_baseline(again_).is_steady(); }

  [[nodiscard]] comparison beside_baseline(std::size_t which) const {
    return {.by_hand = time(baseline_),
            .quire = time(which),
            .instead = {},
            .ratio = summarize(ratios(which)),
            .control = summarize(ratios(again_)),
            .runs = runs_};
  }

  /// A row for each way, in their order, with its ratio to the baseline.
  void add_rows(table& t) const {
    for (std::size_t i = 0; i < count_; ++i) {
      row made{.name = ways_[i].name, .time = time(i), .remark = ways_[i].remark, .whose = ways_[i].whose};
      if (is_here(i) && is_here(baseline_) && i != baseline_) {
        const comparison c = beside_baseline(i);
        made.ratio = c.ratio;
        made.control = c.control.median;
        made.remark += c.remark();
      }
      t.rows.push_back(made);
    }
  }

 private:
  void choose_baseline(const std::vector<std::size_t>& references) {
    baseline_ = references.front();
    again_ = count_;
    for (std::size_t i = 0; i < references.size(); ++i) {
      const bool is_first = !is_here(baseline_);
      if (!is_here(references[i]) || !(is_first || time(references[i]).median < time(baseline_).median)) continue;
      baseline_ = references[i];
      again_ = count_ + i;
    }
  }

  [[nodiscard]] sample_list ratios(std::size_t which) const {
    sample_list made(std::min(taken_[which].size(), taken_[baseline_].size()));
    std::transform(taken_[which].begin(), taken_[which].begin() + static_cast<std::ptrdiff_t>(made.size()),
                   taken_[baseline_].begin(), made.begin(), std::divides());
    return made;
  }

  std::size_t count_, baseline_ = 0, again_ = 0;
  int runs_ = 0;
  std::vector<way> ways_;  // those that may be the baseline come again behind the others
  std::vector<sample_list> taken_;
};

}  // namespace bench
