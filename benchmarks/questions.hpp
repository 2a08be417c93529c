// SPDX-License-Identifier: BSL-1.0
#pragma once
// The questions; each has a file of its name.
#include <chrono>

#include "report.hpp"

namespace bench {

struct options {
  bool is_quick = false;
  bool is_named = false;  // by `--only`: then nothing is left out for lack of time
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  [[nodiscard]] double seconds_passed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  /// All questions together take less than this. On a slow or busy machine, some figures are left out.
  [[nodiscard]] double seconds_allowed() const { return is_named ? 3600 : is_quick ? 52 : 330; }
  [[nodiscard]] bool has_passed(double share) const { return seconds_passed() > share * seconds_allowed(); }

  /// The number of repetitions, or the largest size.
  template <class T>
  [[nodiscard]] T choose(T quick, T otherwise) const {
    return is_quick ? quick : otherwise;
  }
};

void ask_program(report& r, const options& o);
void ask_allocate(report& r, const options& o);
void ask_generated_code(report& r, const options& o);
void ask_grow(report& r, const options& o);
void ask_other_calls(report& r, const options& o);
void ask_choosing(report& r, const options& o);
void ask_arenas(report& r, const options& o);
void ask_assured(report& r, const options& o);
void ask_recycling(report& r, const options& o);
void ask_working_sets(report& r, const options& o);
void ask_density(report& r, const options& o);
void ask_scaling(report& r, const options& o);
void ask_density_limit(report& r, const options& o);
void ask_shared(report& r, const options& o);
void ask_stacks(report& r, const options& o);
void ask_images(report& r, const options& o);
void ask_huge_pages(report& r, const options& o);
void ask_huge_pages_4_gib(report& r, const options& o);
void ask_keys(report& r, const options& o);
void ask_lookup(report& r, const options& o);
void ask_growth(report& r, const options& o);
void ask_observing(report& r, const options& o);
void ask_growth_1_gib(report& r, const options& o);
void ask_populating(report& r, const options& o);
void ask_rings(report& r, const options& o);
void ask_sizes(report& r, const options& o);
void ask_headers(report& r, const options& o);
void ask_heaps(report& r, const options& o);
void ask_tags(report& r, const options& o);
void ask_v8(report& r, const options& o);
void ask_vectors(report& r, const options& o);
void ask_vectors_1_gib(report& r, const options& o);
void ask_wasm2c(report& r, const options& o);
void ask_instances(report& r, const options& o);
void ask_policies(report& r, const options& o);
void ask_requests(report& r, const options& o);
void ask_throughput(report& r, const options& o);
void ask_wasmtime_instances(report& r, const options& o);

}  // namespace bench
