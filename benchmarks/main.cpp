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
#include "page.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace bench {
namespace {

struct question {
  const char* name;
  void (*ask)(report&, const options&);
  double quick_seconds = 2, seconds = 8;  // roughly, for the progress alone, which corrects them by what it sees
};

constexpr question questions[] = {
    {"program", ask_program, 5, 15},
    {"allocate", ask_allocate, 1, 8},
    {"grow", ask_grow, 2, 8},
    {"other_calls", ask_other_calls, 2, 10},
    {"choosing", ask_choosing, 1, 8},
    {"assured", ask_assured, 1, 5},
    {"recycling", ask_recycling, 8, 40},
    {"working_sets", ask_working_sets, 2, 10},
    {"density", ask_density, 1, 10},
    {"stacks", ask_stacks, 1, 3},
    {"images", ask_images, 1, 3},
    {"huge_pages", ask_huge_pages, 8, 40},
    {"lookup", ask_lookup, 1, 1},
    {"keys", ask_keys, 1, 1},
    {"growth", ask_growth, 2, 10},
    {"vectors", ask_vectors, 5, 20},
    {"arenas", ask_arenas, 1, 3},
    {"shared", ask_shared, 3, 8},
    {"rings", ask_rings, 4, 15},
    {"populating", ask_populating, 5, 15},
    {"generated_code", ask_generated_code, 2, 8},
    {"sizes", ask_sizes, 0, 0},
    {"headers", ask_headers, 5, 25},
    {"tags", ask_tags, 6, 12},
    {"v8", ask_v8, 0, 60},
    {"heaps", ask_heaps, 0, 60},
    {"wasm2c", ask_wasm2c, 2, 8},
    // The last, as their library stays in the process.
    {"wasmtime", ask_wasmtime, 3, 10},
    {"wasmtime_instances", ask_wasmtime_instances, 4, 15},
};

struct command_line {
  options how;
  std::string results = settings::results, earlier{};
  std::vector<std::string> only;

  [[nodiscard]] bool wants(const char* name) const {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
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
  for (const question& q : questions) std::fprintf(out, " %s", q.name);
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
    if (wanted.wants(q.name)) {
      asked.push_back(&q);
      expected.push_back(wanted.how.choose(q.quick_seconds, q.seconds));
    }
  begin_progress(schedule(expected));
  for (const question* const q : asked) {
    const double before = wanted.how.seconds_passed();
    found.begin(q->name);
    q->ask(found, wanted.how);
    found.end(wanted.how.seconds_passed() - before);
    part_is_over();
  }
}

void write(const std::string& path, const json& results) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  std::ofstream file(path);
  if (!(file << results.text() << '\n')) stop(path.c_str());
}

int run(const command_line& wanted) {
  const noise_watch noise;
  report found;
  const std::vector<fact> machine = pin_and_print_machine();
  json results = begin_results(wanted, machine);
  refuse_if_not_comparable(wanted, results);
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
