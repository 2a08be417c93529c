// SPDX-License-Identifier: BSL-1.0
// The cost and the benefit of Quire on this machine, always beside what a user would have instead.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "machine.hpp"
#include "memories.hpp"
#include "noise.hpp"
#include "questions.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace bench {
namespace {

struct question {
  const char* name;
  void (*ask)(report&, const options&);
};

constexpr question questions[] = {
    {"program", ask_program},
    {"allocate", ask_allocate},
    {"grow", ask_grow},
    {"other_calls", ask_other_calls},
    {"choosing", ask_choosing},
    {"observing", ask_observing},
    {"assured", ask_assured},
    {"recycling", ask_recycling},
    {"working_sets", ask_working_sets},
    {"scaling", ask_scaling},
    {"density", ask_density},
    {"stacks", ask_stacks},
    {"images", ask_images},
    {"huge_pages", ask_huge_pages},
    {"lookup", ask_lookup},
    {"keys", ask_keys},
    {"growth", ask_growth},
    {"vectors", ask_vectors},
    {"arenas", ask_arenas},
    {"shared", ask_shared},
    {"rings", ask_rings},
    {"populating", ask_populating},
    {"generated_code", ask_generated_code},
    {"sizes", ask_sizes},
    {"headers", ask_headers},
    {"tags", ask_tags},
    {"v8", ask_v8},
    {"heaps", ask_heaps},
    {"wasm2c", ask_wasm2c},
    // The last, as their library stays in the process.
    {"wasmtime", ask_wasmtime},
    {"wasmtime_instances", ask_wasmtime_instances},
};

struct command_line {
  options how;
  std::string results = settings::results;
  std::vector<std::string> only;

  [[nodiscard]] bool wants(const char* name) const {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  }
};

[[noreturn]] void explain_usage(int status) {
  std::FILE* const out = status == EXIT_SUCCESS ? stdout : stderr;
  std::fputs(
      "usage: quire-bench [--quick] [--json FILE] [--only QUESTION]...\n\n"
      "  --quick          fewer repetitions and smaller memories\n"
      "  --json FILE      where the figures go beside the terminal\n"
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
    else if (word == "--only" && has_value)
      parsed.only.emplace_back(arguments[++i]);
    else
      explain_usage(word == "--help" ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  for (const std::string& name : parsed.only)
    if (std::none_of(std::begin(questions), std::end(questions), [&](const question& q) { return q.name == name; }))
      explain_usage(EXIT_FAILURE);
  return parsed;
}

json pin_and_print_machine() {
  json all = json::object();
  std::vector<fact> facts = machine_facts();
  const int cpu = pin_to_one_cpu();
  facts.push_back({"pinned to", cpu < 0 ? "nothing" : "CPU " + std::to_string(cpu)});
  for (const fact& f : facts) {
    std::printf("%-24s%s\n", f.name, f.text.c_str());
    all.add(f.name, f.text);
  }
  return all;
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
  const json machine = pin_and_print_machine();
#if !defined(__OPTIMIZE__)
  found.warn("Built without optimisation: nothing here tells what Quire costs.");
#endif
  for (const question& q : questions)
    if (wanted.wants(q.name)) q.ask(found, wanted.how);
  for (const std::string& complaint : noise.complaints()) found.warn(complaint);

  found.print_conclusion();
  const double seconds = wanted.how.seconds_passed();
  write(wanted.results,
        json::object(
            {{"quick", wanted.how.is_quick}, {"seconds", seconds}, {"machine", machine}, {"found", found.as_json()}}));
  std::printf("\nTook %.0f s. All figures: %s\n", seconds, wanted.results.c_str());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) { return bench::run(bench::parse(count, arguments)); }
