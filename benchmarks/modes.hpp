// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether samples have one mode or two, by a rule that needs no parameter of the measurement.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bench {

/// The medians of the two groups, and the part of the samples in the upper one.
struct two_modes {
  double low = 0, high = 0, share_of_high = 0;
};

namespace detail {

/// Returns the number of samples in the lower of the two groups whose logarithms vary least within themselves.
inline std::size_t best_split(std::span<const double> sorted) {
  double sum = 0;
  for (const double sample : sorted) sum += std::log(sample);
  const auto n = static_cast<double>(sorted.size());
  double low = 0, best = 0;
  std::size_t split = 0;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    low += std::log(sorted[i - 1]);
    const auto of_low = static_cast<double>(i), of_high = n - of_low;
    const double apart = (sum - low) / of_high - low / of_low, between = of_low * of_high * apart * apart;
    if (sorted[i - 1] < sorted[i] && between > best) best = between, split = i;
  }
  return split;
}

/// Returns the smallest difference between two samples that are not equal: a step of the clock, if there are few.
inline double smallest_step(std::span<const double> sorted) {
  double least = sorted.back() - sorted.front();
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i - 1] < sorted[i]) least = std::min(least, sorted[i] - sorted[i - 1]);
  return least;
}

/// Whether the middle third between the two medians is a valley. Of the samples between them, less than an eighth lie
/// there, and by three standard errors fewer than the third that evenly spread samples would have there.
inline bool has_valley(std::span<const double> sorted, double low, double high) {
  const auto between = [&](double from, double to) {
    return static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), to) -
                               std::lower_bound(sorted.begin(), sorted.end(), from));
  };
  const double third = std::log(high / low) / 3;
  const double all = between(low, high), middle = between(low * std::exp(third), high / std::exp(third));
  return middle < all / 8 && middle < all / 3 - 3 * std::sqrt(all * 2 / 9);
}

}  // namespace detail

/// The rule, for sorted samples. The lowest and the highest twentieth are left out. The rest is split into the two
/// groups that vary least within themselves, in logarithms. These are two modes if each has a tenth of the samples,
/// and eight;/// their medians are 5 % and more than three steps of the clock apart; and there is a valley between
/// them. Fewer than forty samples, or samples that are not positive, have no modes to be told apart.
inline std::optional<two_modes> find_modes(std::span<const double> sorted) {
  constexpr std::size_t fewest = 40;
  if (sorted.size() < fewest) return std::nullopt;
  const std::size_t left_out = sorted.size() / 20;
  sorted = sorted.subspan(left_out, sorted.size() - 2 * left_out);
  if (sorted.front() <= 0) return std::nullopt;

  const std::size_t split = detail::best_split(sorted), least = std::max<std::size_t>(sorted.size() / 10, 8);
  if (split < least || sorted.size() - split < least) return std::nullopt;
  const double low = sorted[split / 2], high = sorted[split + (sorted.size() - split) / 2];
  if (high < 1.05 * low || high - low <= 3 * detail::smallest_step(sorted)) return std::nullopt;
  if (!detail::has_valley(sorted, low, high)) return std::nullopt;
  return two_modes{low, high, static_cast<double>(sorted.size() - split) / static_cast<double>(sorted.size())};
}

}  // namespace bench
