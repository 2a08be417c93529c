// What do V8's programs cost on regions, beside V8's own allocator?
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "memories.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "script_answer.hpp"
#include "settings.hpp"

namespace bench {
namespace {

constexpr int pairs = 3;
constexpr double largest = 1.02;
// V8 compiles and collects in threads of its own, so that its processor time is less steady than that of calls.
constexpr double largest_deviation = 0.01;

void take(report& r, table& t, const script_answer& a) {
  if (a.pairs == 0) {
    t.rows.push_back({.name = a.object, .remark = a.problem});
    return;
  }
  t.rows.push_back({.name = "V8's own allocator", .time = a.without});
  const bool is_steady = std::abs(a.control.median - 1) <= largest_deviation;
  row one{.name = a.object, .time = a.with, .ratio = a.ratio, .control = a.control.median};
  if (!is_steady) one.remark = "too noisy";
  t.rows.push_back(one);
  const assessment judged = !is_steady                  ? assessment::too_noisy
                            : a.ratio.median <= largest ? assessment::met
                                                        : assessment::not_met;
  r.add(limit{"processor time of V8 on " + a.object + ", to its own allocator", a.ratio.median, largest, judged});
}

}  // namespace

void ask_v8(report& r, const options& o) {
  if (o.is_quick) return;  // a pair takes ten seconds
  if (o.has_passed(0.6)) return r.warn("V8's programs were not measured, for lack of time: --only v8 asks them alone.");
  r.heading(
      "What do V8's programs cost on a region_allocator?",
      "Processor time of a process that runs a ray tracer, a Scheme system, a parser and others, and 200 "
      "instances of WebAssembly;\n"
      "with its own allocator, with Quire's, and with its own again. Only if V8 and the programs can be fetched.");
  const std::string command = settings::compare_v8 + (" --pairs " + std::to_string(pairs));
  progress("V8 on regions");
  std::FILE* const script = popen(command.c_str(), "r");
  if (script == nullptr) stop("v8.py");
  table t{.id = "v8", .title = "programs in V8", .baseline = "V8's", .instead = ""};
  char line[4096];
  while (std::fgets(line, sizeof line, script) != nullptr) take(r, t, script_answer{line});
  constexpr int skipped = 77;
  const int status = pclose(script);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != skipped)) stop("v8.py");
  r.add(t);
}

}  // namespace bench
