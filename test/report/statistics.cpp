// SPDX-License-Identifier: BSL-1.0
// What the benchmarks' report says of samples: two modes where there are two, and none where there is one.
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../../benchmarks/progress.hpp"
#include "../../benchmarks/report.hpp"
#include "../../benchmarks/statistics.hpp"
#include "support/catch/catch.hpp"

using bench::summarize;
using bench::summary;

namespace {

using source = std::function<double(std::mt19937_64&)>;
using normal = std::normal_distribution<double>;

std::vector<double> draw(const source& from, std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<double> samples;
  while (samples.size() < count) samples.push_back(from(random));
  return samples;
}

/// How many of a hundred runs are called bimodal.
int bimodal(const source& from, std::size_t count) {
  int found = 0;
  for (unsigned seed = 0; seed < 100; ++seed) found += summarize(draw(from, count, seed)).is_bimodal() ? 1 : 0;
  return found;
}

/// A share of the samples near 122, and the rest near 100, as a ratio of 1.22 in some runs and of 1 in others.
source two_modes(double share, double deviation) {
  return [=](std::mt19937_64& random) {
    const bool is_high = std::bernoulli_distribution(share)(random);
    return normal(is_high ? 122 : 100, deviation)(random);
  };
}

const std::vector<std::size_t> counts{40, 100, 1000, 5000};

}  // namespace

TEST_CASE("samples of one mode are not called bimodal, whatever their shape") {
  const std::pair<const char*, source> shapes[] = {
      {"normal", [](auto& random) { return normal(100, 5)(random); }},
      {"uniform", [](auto& random) { return std::uniform_real_distribution(50., 150.)(random); }},
      {"with a long tail", [](auto& random) { return std::lognormal_distribution(4., 1.)(random); }},
      {"from a bound on", [](auto& random) { return 100 + std::exponential_distribution(0.05)(random); }},
      {"with few that are far away",
       [](auto& random) { return std::bernoulli_distribution(0.05)(random) ? 10'000 : normal(100, 2)(random); }}};
  for (const auto& [name, shape] : shapes)
    for (const std::size_t count : counts) {
      CAPTURE(name, count);
      CHECK(bimodal(shape, count) <= 1);
    }
}

TEST_CASE("samples of two modes are called bimodal, and say where they are") {
  for (const std::size_t count : std::vector<std::size_t>{200, 1000, 5000})
    for (const double share : {0.2, 0.5, 0.8}) {
      CAPTURE(count, share);
      CHECK(bimodal(two_modes(share, 3), count) >= 95);
      const summary s = summarize(draw(two_modes(share, 3), count, 1));
      REQUIRE(s.is_bimodal());
      CHECK(std::abs(s.all->modes->low - 100) < 4);
      CHECK(std::abs(s.all->modes->high - 122) < 4);
      CHECK(std::abs(s.all->modes->share_of_high - share) < 0.12);
    }
}

TEST_CASE("what lies too close, is too rare, or has too few samples, has no second mode") {
  CHECK(bimodal(two_modes(0.5, 20), 1000) == 0);
  CHECK(bimodal(two_modes(0.03, 3), 1000) == 0);
  CHECK(bimodal(two_modes(0.5, 3), 39) == 0);
  CHECK(bimodal([](auto& random) { return std::bernoulli_distribution(0.5)(random) ? 100. : 104.; }, 1000) == 0);
}

TEST_CASE("two neighbouring steps of a coarse clock are no two modes") {
  CHECK(bimodal([](auto& random) { return std::bernoulli_distribution(0.4)(random) ? 13. : 14.; }, 1000) == 0);
  CHECK(bimodal([](auto& random) { return std::floor(normal(5, 1)(random)) * 3 + 30; }, 1000) == 0);
}

TEST_CASE("samples that are equal, none, or not positive have no modes") {
  CHECK(summarize({}).count == 0);
  CHECK_FALSE(summarize({}).is_bimodal());
  CHECK_FALSE(summarize(std::vector<double>(1000, 7)).is_bimodal());
  CHECK_FALSE(summarize(std::vector<double>(1000, 0)).is_bimodal());
  auto some_negative = draw(two_modes(0.5, 3), 1000, 1);
  for (std::size_t i = 0; i < some_negative.size(); i += 4) some_negative[i] *= -1;
  CHECK_FALSE(summarize(some_negative).is_bimodal());
}

TEST_CASE("the distribution of a summary is ordered, and divided as a whole") {
  const summary s = summarize(draw(two_modes(0.5, 3), 1000, 1));
  const bench::distribution& all = s.all.value();
  std::vector<double> ordered{all.min, s.p10, all.p25, s.median, all.p75, s.p90, all.max};
  CHECK(std::is_sorted(ordered.begin(), ordered.end()));
  CHECK(std::is_sorted(all.quantiles.begin(), all.quantiles.end()));
  const summary half = s.divided_by(2);
  CHECK(half.count == s.count);
  CHECK(half.p90 == s.p90 / 2);
  CHECK(half.all->max == all.max / 2);
  CHECK(half.all->quantiles[3] == all.quantiles[3] / 2);
  CHECK(half.all->modes->high == all.modes->high / 2);
}

TEST_CASE("what remains of a run follows from the parts that are over") {
  bench::schedule plan({10, 20, 30});
  CHECK(plan.remaining(0) == 60);
  CHECK(plan.remaining(4) == 56);
  CHECK(plan.remaining(100) == 50);  // a part that takes longer than expected has no negative rest
  plan.next(20);                     // the first took twice as long as expected
  CHECK(plan.remaining(20) == 100);
  plan.next(60);
  plan.next(120);
  CHECK(plan.remaining(120) == 0);
  plan.next(121);
  CHECK(plan.remaining(121) == 0);
  CHECK_FALSE(bench::schedule().is_known());
  CHECK(bench::schedule().remaining(5) == 0);
}

TEST_CASE("a row's side follows from its name and the table's references, unless the row says it") {
  using bench::side;
  const bench::table t{.id = "t", .title = "t", .baseline = "by hand", .instead = "malloc"};
  CHECK(whose(t, {.name = "by hand, as pool"}) == side::by_hand);
  CHECK(whose(t, {.name = "  by hand"}) == side::by_hand);
  CHECK(whose(t, {.name = "malloc"}) == side::peer);
  CHECK(whose(t, {.name = "malloc, with huge pages"}) == side::peer);
  CHECK(whose(t, {.name = "mallocator"}) == side::quire);
  CHECK(whose(t, {.name = ""}) == side::quire);
  CHECK(whose(t, {.name = "mremap", .whose = side::peer}) == side::peer);
  CHECK(bench::whose({.id = "t", .title = "t"}, {.name = "pool"}) == side::quire);
}
