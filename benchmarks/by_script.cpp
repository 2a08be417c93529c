// SPDX-License-Identifier: BSL-1.0
#include "by_script.hpp"

#include <sys/wait.h>

#include <cmath>
#include <cstdio>

#include "memories.hpp"
#include "progress.hpp"
#include "script_answer.hpp"

namespace bench {
namespace {

constexpr double largest_deviation = 0.01;

void take(report& r, table& t, const script_answer& a, double largest) {
  if (a.pairs == 0) {
    r.leave_out(a.object, a.problem);
    return;
  }
  t.rows.push_back({.name = a.subject + "'s own", .time = a.without, .whose = side::peer});
  const bool is_steady = std::abs(a.control.median - 1) <= largest_deviation;
  row one{.name = a.object, .time = a.with, .ratio = a.ratio, .control = a.control.median};
  if (!is_steady) one.remark = "too noisy";
  t.rows.push_back(one);
  const assessment judged = !is_steady                  ? assessment::too_noisy
                            : a.ratio.median <= largest ? assessment::met
                                                        : assessment::not_met;
  r.add(limit{"processor time of " + a.object + ", to its own", a.ratio.median, largest, judged});
}

}  // namespace

void ask_by_script(report& r, table& t, const std::string& command, int pairs, double largest) {
  progress(t.title);
  std::FILE* const script = popen((command + " --pairs " + std::to_string(pairs)).c_str(), "r");
  if (script == nullptr) stop(t.id.c_str());
  char line[4096];
  while (std::fgets(line, sizeof line, script) != nullptr) take(r, t, script_answer{line}, largest);
  constexpr int skipped = 77;
  const int status = pclose(script);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != skipped)) stop(t.id.c_str());
  r.add(t);
}

std::expected<std::string, std::string> path_by_script(const std::string& command) {
  std::FILE* const script = popen((command + " 2>&1").c_str(), "r");
  if (script == nullptr) stop(command.c_str());
  char line[4096];
  std::string last = "the script prints nothing";
  while (std::fgets(line, sizeof line, script) != nullptr) last = line;
  if (last.ends_with('\n')) last.pop_back();
  if (pclose(script) != 0) return std::unexpected(last);
  return last;
}

std::string version_in(const std::string& path) {
  const std::size_t name = path.rfind('/') + 1, begin = path.find('-', name) + 1;
  return path.substr(begin, path.find('-', begin) - begin);
}

}  // namespace bench
