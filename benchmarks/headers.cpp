// SPDX-License-Identifier: BSL-1.0
// How much compile time does an #include cost?
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string>

#include "memories.hpp"
#include "pace.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "script_answer.hpp"
#include "settings.hpp"

namespace bench {
namespace {

struct asked_header {
  const char* name;
  double largest;  // as a multiple of the compile time of the headers that it includes
};

// The platform headers include little that takes long, so that their own share is larger.
constexpr asked_header asked[] = {
    {"quire/quire.hpp", 2.5}, {"quire/platform/linux.hpp", 2.5}, {"quire/platform/posix.hpp", 2.5}};

// Compiling takes long, so there are few pairs, and their median is less steady than that of calls.
constexpr double largest_deviation = 0.05;

void take(report& r, table& t, const script_answer& a, double largest) {
  const std::string name = a.subject + ", " + a.object;
  if (a.pairs == 0) {
    t.rows.push_back({.name = name, .remark = a.problem});
    return;
  }
  t.rows.push_back({.name = a.subject + ", what it includes", .time = a.without, .whose = side::by_hand});
  t.rows.push_back({.name = name, .time = a.with, .ratio = a.ratio, .control = a.control.median});
  const bool is_steady = std::abs(a.control.median - 1) <= largest_deviation;
  const assessment judged = !is_steady                  ? assessment::too_noisy
                            : a.ratio.median <= largest ? assessment::met
                                                        : assessment::not_met;
  r.add(limit{"compile time of <" + a.object + ">, " + a.subject + ", to what it includes", a.ratio.median, largest,
              judged});
}

}  // namespace

void ask_headers(report& r, const options& o) {
  r.heading(
      "How much compile time does an #include cost?",
      "CPU time of the compiler (-fsyntax-only), beside a file that includes only those standard and system "
      "headers that\n"
      "Quire's headers include. A quick run asks only the compiler that built this, and if it is asked for this.");
  if (o.is_quick && !o.is_named) return r.leave_out("compile time of headers", "a quick run does not compile");
  std::string command = settings::compile_time + (" --pairs " + std::to_string(o.choose(3, 5))) + " --compiler ";
  command += settings::this_compiler;
  if (!o.is_quick) command += std::string(" ") + settings::other_compiler;
  command += " --seconds " + std::to_string(pace::whole_seconds_left()) + " --header";
  for (const asked_header& header : asked) command += std::string(" ") + header.name;
  progress("compile time of headers");
  std::FILE* const script = popen(command.c_str(), "r");
  if (script == nullptr) stop("compile_time.py");

  table t{.id = "headers", .title = "#include", .baseline = "the headers that it includes", .instead = ""};
  char line[4096];
  for (std::size_t i = 0; std::fgets(line, sizeof line, script) != nullptr; ++i) {
    const script_answer a{line};
    progress("compile time of headers: " + a.subject + ", " + a.object);
    take(r, t, a, asked[i % std::size(asked)].largest);
  }
  if (pclose(script) != 0) stop("compile_time.py");
  r.add(t);
}

}  // namespace bench
