// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs Google Benchmark with one sample in each repetition, and shuffles the repetitions of all registered benchmarks,
// so that drift affects all alike. The samples go into the tables of this program instead of its own.
#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace bench {

/// The samples of one registered benchmark: nanoseconds of an iteration, one for each repetition.
struct repetitions {
  std::vector<double> nanoseconds;
  std::map<std::string, std::vector<double>> counters;
};

/// Runs and then removes the registered benchmarks. The results are keyed by name.
[[nodiscard]] std::map<std::string, repetitions> run_registered();

}  // namespace bench
