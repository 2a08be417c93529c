// SPDX-License-Identifier: BSL-1.0
#include "repetitions.hpp"

#include <array>

namespace bench {
namespace {

class collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      repetitions& of = collected[run.run_name.function_name];
      of.nanoseconds.push_back(run.GetAdjustedRealTime());
      for (const auto& [name, counter] : run.counters) of.counters[name].push_back(counter.value);
    }
  }

  std::map<std::string, repetitions> collected;
};

void shuffle_repetitions() {
  std::array<char, 12> program{"quire-bench"};
  std::string flag = "--benchmark_enable_random_interleaving=true";
  std::array<char*, 3> arguments{program.data(), flag.data(), nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments.data());
}

}  // namespace

std::map<std::string, repetitions> run_registered() {
  static const bool is_ready = (shuffle_repetitions(), true);
  (void)is_ready;
  collector results;
  benchmark::RunSpecifiedBenchmarks(&results);
  benchmark::ClearRegisteredBenchmarks();
  return std::move(results.collected);
}

}  // namespace bench
