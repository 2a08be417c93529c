#pragma once
// Google Benchmark, told to take one sample a repetition and to shuffle the repetitions of all that is registered, so
// that drift hits all alike. Its samples go into our tables, not into its own.
#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace bench {

/// Of one registered benchmark: nanoseconds an iteration, one for each repetition.
struct repetitions {
  std::vector<double> nanoseconds;
  std::map<std::string, std::vector<double>> counters;
};

/// Runs what is registered and forgets it. By name.
[[nodiscard]] std::map<std::string, repetitions> run_registered();

}  // namespace bench
