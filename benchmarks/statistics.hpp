// SPDX-License-Identifier: BSL-1.0
#pragma once
// The median of many samples, and their spread.
#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

struct summary {
  std::size_t count = 0;
  double p10 = 0, median = 0, p90 = 0;

  [[nodiscard]] summary divided_by(double n) const { return {count, p10 / n, median / n, p90 / n}; }
};

inline summary summarize(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {
    return samples[static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1) + 0.5)];
  };
  return {samples.size(), at(0.1), at(0.5), at(0.9)};
}

}  // namespace bench
