// SPDX-License-Identifier: BSL-1.0
// The cost and the benefit of Quire on this machine, always beside what a user would have instead.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "machine.hpp"
#include "memories.hpp"
#include "noise.hpp"
#include "pace.hpp"
#include "page.hpp"
#include "peer_failure.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace bench {
namespace {

struct question {
  const char* name;
  void (*ask)(report&, const options&);
  double quick_seconds, seconds;  // that it may take; the progress begins with these
  bool is_heavy = false;          // asked by its name only
};

constexpr question questions[] = {
    {"program", ask_program, 5, 40},
    {"allocate", ask_allocate, 2, 8},
    {"grow", ask_grow, 2, 10},
    {"other_calls", ask_other_calls, 2, 14},
    {"choosing", ask_choosing, 2, 11},
    {"observing", ask_observing, 1, 5},
    {"assured", ask_assured, 1, 6},
    {"recycling", ask_recycling, 5, 35},
    {"working_sets", ask_working_sets, 2, 11},
    {"density", ask_density, 2, 10},
    {"stacks", ask_stacks, 1, 6},
    {"images", ask_images, 1, 5},
    {"huge_pages", ask_huge_pages, 3, 25},
    {"lookup", ask_lookup, 1, 3},
    {"keys", ask_keys, 1, 2},
    {"growth", ask_growth, 2, 10},
    {"vectors", ask_vectors, 1, 11},
    {"arenas", ask_arenas, 1, 4},
    {"requests", ask_requests, 1, 6},
    {"policies", ask_policies, 1, 8},
    {"shared", ask_shared, 2, 10},
    {"rings", ask_rings, 2, 14},
    {"populating", ask_populating, 2, 10},
    {"generated_code", ask_generated_code, 1, 5},
    {"wasm2c", ask_wasm2c, 2, 10},
    // Wasmtime's library stays in the process, and with it the address space of its pools, which is counted first;
    // behind it comes what is measured outside of it.
    {"wasmtime_instances", ask_wasmtime_instances, 2, 12},
    {"instances", ask_instances, 4, 24},
    {"throughput", ask_throughput, 2, 8},
    {"sizes", ask_sizes, 1, 1},
    {"headers", ask_headers, 0, 10},
    {"tags", ask_tags, 2, 10},
    // Large memories, and what is fetched and built first.
    {"density_limit", ask_density_limit, 20, 60, true},
    {"growth_1_gib", ask_growth_1_gib, 20, 90, true},
    {"vectors_1_gib", ask_vectors_1_gib, 20, 60, true},
    {"huge_pages_4_gib", ask_huge_pages_4_gib, 60, 180, true},
    {"scaling", ask_scaling, 10, 60, true},
    {"heaps", ask_heaps, 300, 300, true},
    {"v8", ask_v8, 600, 600, true},
};

/// What all together may take that are asked without their names.
constexpr double seconds_of_all(double question::* of) {
  double sum = 0;
  for (const question& q : questions) sum += q.is_heavy ? 0 : q.*of;
  return sum;
}
static_assert(seconds_of_all(&question::quick_seconds) < 60 && seconds_of_all(&question::seconds) < 345,
              "README.md promises less than a minute, and less than six");

struct command_line {
  options how;
  std::string results = settings::results, earlier{};
  std::vector<std::string> only;

  [[nodiscard]] bool wants(const question& q) const {
    return only.empty() ? !q.is_heavy : std::find(only.begin(), only.end(), q.name) != only.end();
  }
};

[[noreturn]] void explain_usage(int status) {
  std::FILE* const out = status == EXIT_SUCCESS ? stdout : stderr;
  std::fputs(
      "usage: quire-bench [--quick] [--json FILE] [--compare FILE] [--only QUESTION]...\n\n"
      "  --quick          fewer repetitions and smaller memories\n"
      "  --json FILE      where the figures go beside the terminal; a page to look at goes beside them\n"
      "  --compare FILE   which figures have changed since that earlier file, beyond the noise\n"
      "  --only QUESTION  one or some of:",
      out);
  for (const question& q : questions)
    if (!q.is_heavy) std::fprintf(out, " %s", q.name);
  std::fputs("\n\nWhat takes long is asked by its name only, and takes at most about so many seconds:\n ", out);
  for (const question& q : questions)
    if (q.is_heavy) std::fprintf(out, " %s (%.0f)", q.name, q.seconds);
  std::fputs("\n", out);
  std::exit(status);
}

command_line parse(int count, char** arguments) {
  command_line parsed;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const bool has_value = i + 1 < count;
    if (word == "--quick")
      parsed.how.is_quick = true;
    else if (word == "--json" && has_value)
      parsed.results = arguments[++i];
    else if (word == "--compare" && has_value)
      parsed.earlier = arguments[++i];
    else if (word == "--only" && has_value)
      parsed.only.emplace_back(arguments[++i]), parsed.how.is_named = true;
    else
      explain_usage(word == "--help" ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  for (const std::string& name : parsed.only)
    if (std::none_of(std::begin(questions), std::end(questions), [&](const question& q) { return q.name == name; }))
      explain_usage(EXIT_FAILURE);
  return parsed;
}

json machine_as_json(const std::vector<fact>& facts) {
  json all = json::object();
  for (const fact& f : facts) all.add(f.name, f.text);
  return all;
}

std::vector<fact> pin_and_print_machine() {
  std::vector<fact> facts = machine_facts();
  const int cpu = pin_to_one_cpu();
  facts.push_back({"pinned to", cpu < 0 ? "nothing" : "CPU " + std::to_string(cpu)});
  for (const fact& f : facts) std::printf("%-24s%s\n", f.name, f.text.c_str());
  return facts;
}

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%MZ", std::gmtime(&now));
  return text;
}

/// What is known before anything is measured. A schema is a number, as older files have none.
json begin_results(const command_line& wanted, const std::vector<fact>& facts) {
  return json::object(
      {{"schema", 2}, {"begun", time_now()}, {"quick", wanted.how.is_quick}, {"machine", machine_as_json(facts)}});
}

void refuse_if_not_comparable(const command_line& wanted, const json& begin) {
  if (wanted.earlier.empty()) return;
  std::error_code ignored;
  if (std::filesystem::equivalent(wanted.earlier, wanted.results, ignored)) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s would be overwritten: name another file with --json, or copy it.\n",
                 wanted.earlier.c_str());
    std::exit(EXIT_FAILURE);
  }
  if (!can_compare(begin, wanted.earlier)) std::exit(EXIT_FAILURE);
}

void ask_all(report& found, const command_line& wanted) {
  std::vector<const question*> asked;
  std::vector<double> expected;
  for (const question& q : questions)
    if (wanted.wants(q)) {
      asked.push_back(&q);
      expected.push_back(wanted.how.choose(q.quick_seconds, q.seconds));
    }
  begin_progress(schedule(expected));
  std::string late;
  for (const question* const q : asked) {
    const double before = wanted.how.seconds_passed();
    found.begin(q->name);
    pace::allow(wanted.how.choose(q->quick_seconds, q->seconds));
    try {
      q->ask(found, wanted.how);
    } catch (const peer_failure& failed) {
      found.leave_out(std::string(q->name) + ", from where " + failed.peer() + " refused", failed.what());
    }
    if (pace::is_over()) late += std::string(late.empty() ? " " : ", ") + q->name;
    found.end(wanted.how.seconds_passed() - before);
    part_is_over();
  }
  if (!late.empty()) found.warn("These questions ran out of time, and so have fewer samples:" + late + ".");
}

void make_folder_of(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
}

/// Before minutes are spent on them.
void refuse_if_not_writable(const std::string& results) {
  make_folder_of(results);
  if (!std::ofstream(results, std::ios::app)) stop(results.c_str());
}

void write(const std::string& path, const json& results) {
  make_folder_of(path);
  std::ofstream file(path);
  if (!(file << results.text() << std::endl)) stop(path.c_str());
}

int run(const command_line& wanted) {
  const noise_watch noise;
  report found;
  const std::vector<fact> machine = pin_and_print_machine();
  json results = begin_results(wanted, machine);
  refuse_if_not_comparable(wanted, results);
  refuse_if_not_writable(wanted.results);
#if !defined(__OPTIMIZE__)
  found.warn("Built without optimisation: nothing here tells what Quire costs.");
#endif
  ask_all(found, wanted);
  for (const std::string& complaint : noise.complaints()) found.warn(complaint);

  found.print_conclusion();
  const double seconds = wanted.how.seconds_passed();
  results.add("seconds", seconds);
  found.add_to(results);
  write(wanted.results, results);
  std::printf("\nTook %.0f s. All figures: %s\n", seconds, wanted.results.c_str());
  // Where there is no Python, as in a guest of the lab, the figures are there all the same.
  if (!make_page(wanted.results, wanted.earlier)) std::fputs("No page was made, for the reason above.\n", stderr);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) { return bench::run(bench::parse(count, arguments)); }
