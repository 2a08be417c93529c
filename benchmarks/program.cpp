// SPDX-License-Identifier: BSL-1.0
// What does a real program gain or lose on Quire's memory? The same WebAssembly, translated to C once, runs on wabt's
// own runtime and on Quire, next to the native build of its source.
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "job.hpp"
#include "memories.hpp"
#include "pace.hpp"
#include "peers.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

struct part {
  const char *id, *title;
  double (*of)(const wasm_timing&);
};

double nanoseconds(std::chrono::nanoseconds t) { return static_cast<double>(t.count()); }

constexpr part parts[] = {
    {"program", "the whole program",
     [](const wasm_timing& l) { return nanoseconds(l.instantiate + l.run + l.release); }},
    {"program, instantiate", "  of it: instantiate", [](const wasm_timing& l) { return nanoseconds(l.instantiate); }},
    {"program, release", "  of it: release", [](const wasm_timing& l) { return nanoseconds(l.release); }},
};

constexpr std::size_t native = 0, wabt = 1;  // indices of jobs

using lifecycles = std::vector<wasm_timing>;

std::vector<double> times(const lifecycles& of, const part& p) {
  std::vector<double> all;
  for (const wasm_timing& lifecycle : of) all.push_back(p.of(lifecycle));
  return all;
}

/// Returns the ratio of times within the same round.
summary ratio(const lifecycles& of, const lifecycles& to, const part& p) {
  std::vector<double> all = times(of, p), base = times(to, p);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] /= base[i];
  return summarize(all);
}

/// In each round every job runs one lifecycle, and another job comes first. Past the question's time, four rounds do.
std::vector<lifecycles> live(std::span<const wasm_job> jobs, std::size_t rounds) {
  std::vector<lifecycles> all(jobs.size());
  for (std::size_t i = 0; i < rounds * jobs.size(); ++i) {
    const std::size_t round = i / jobs.size(), which = (i + round) % jobs.size();
    constexpr std::size_t enough = 4;
    if (i % jobs.size() == 0 && round >= enough && pace::is_over()) break;
    if (i % jobs.size() == 0) progress("a real program: " + std::to_string(round) + " of " + std::to_string(rounds));
    all[which].push_back(jobs[which].live_once());
  }
  return all;
}

void check(const std::vector<lifecycles>& all) {
  for (const lifecycles& of : all)
    for (const wasm_timing& lifecycle : of)
      if (lifecycle.checksum == 0 || lifecycle.checksum != all.front().front().checksum) {
        std::fprintf(stderr, "the jobs disagree about the result\n");
        std::exit(EXIT_FAILURE);
      }
}

std::string growth_of(const wasm_timing& lifecycle) {
  return std::to_string(lifecycle.first_pages) + " to " + std::to_string(lifecycle.last_pages) + " pages in " +
         std::to_string(lifecycle.growths) + " steps";
}

/// Adds a row for each job; the ratios are those within a round.
void add_part(report& r, const part& p, std::span<const wasm_job> jobs, const std::vector<lifecycles>& all) {
  const bool is_whole = &p == &parts[0];
  table t{.id = p.id, .title = p.title, .baseline = "wabt", .instead = is_whole ? "native" : ""};
  for (std::size_t i = is_whole ? native : wabt; i < jobs.size(); ++i) {
    row made{.name = jobs[i].name, .time = summarize(times(all[i], p))};
    if (i != wabt) made.ratio = ratio(all[i], all[wabt], p);
    if (is_whole && i != native) {
      made.instead = ratio(all[i], all[native], p).median;
      made.remark = growth_of(all[i].front());
    }
    t.rows.push_back(made);
  }
  r.add(t);
}

}  // namespace

void ask_program(report& r, const options& o) {
  r.heading("What does a real program gain or lose on Quire's memory?",
            "The image and font libraries of libstb, compiled to WebAssembly and translated to C by wasm2c: one "
            "translation on\n"
            "each runtime, and the same source natively. Each round runs every one of them, ratios are those within a "
            "round.");
  r.add(peers::wabt());
  const auto jobs = wasm_jobs();
  if (jobs.size() < 2) stop("the input of the program");
  warm_memory(256_MiB);
  (void)live(jobs, 1);
  const std::vector<lifecycles> all = live(jobs, o.choose<std::size_t>(4, 15));
  check(all);
  for (const part& p : parts) add_part(r, p, jobs, all);
}

}  // namespace bench
