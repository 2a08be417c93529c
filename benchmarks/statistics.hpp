// SPDX-License-Identifier: BSL-1.0
#pragma once
// The median of many samples, and their distribution.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "modes.hpp"

namespace bench {

/// What only all samples tell, beside a median and a range.
struct distribution {
  static constexpr std::size_t parts = 20;

  double min = 0, p25 = 0, p75 = 0, max = 0;
  std::array<double, parts> quantiles{};  // the middle of each twentieth of the samples
  std::optional<two_modes> modes{};

  [[nodiscard]] distribution divided_by(double n) const {
    distribution made{.min = min / n, .p25 = p25 / n, .p75 = p75 / n, .max = max / n, .modes = modes};
    std::transform(quantiles.begin(), quantiles.end(), made.quantiles.begin(), [n](double q) { return q / n; });
    if (made.modes) made.modes->low /= n, made.modes->high /= n;
    return made;
  }
};

struct summary {
  std::size_t count = 0;
  double p10 = 0, median = 0, p90 = 0;
  std::optional<distribution> all{};  // not there where only the three above are known

  [[nodiscard]] bool is_bimodal() const { return all && all->modes; }
  [[nodiscard]] summary divided_by(double n) const {
    summary made{count, p10 / n, median / n, p90 / n};
    if (all) made.all = all->divided_by(n);
    return made;
  }
};

inline summary summarize(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {
    return samples[static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1) + 0.5)];
  };
  distribution all{.min = samples.front(), .p25 = at(0.25), .p75 = at(0.75), .max = samples.back()};
  for (std::size_t i = 0; i < all.parts; ++i)
    all.quantiles[i] = at((static_cast<double>(i) + 0.5) / static_cast<double>(all.parts));
  all.modes = find_modes(samples);
  return {samples.size(), at(0.1), at(0.5), at(0.9), all};
}

}  // namespace bench
