// How much compile time does an #include cost?
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "memories.hpp"
#include "progress.hpp"
#include "questions.hpp"
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

/// One line of the script's output.
class answer {
 public:
  explicit answer(const std::string& line) {
    std::istringstream in(line);
    std::getline(in, compiler, '\t');
    std::getline(in, header, '\t');
    in >> pairs;
    if (pairs != 0)
      with = read(in), without = read(in), ratio = read(in), control = read(in);
    else
      std::getline(in >> std::ws, problem);
  }

  std::string compiler, header, problem;
  std::size_t pairs = 0;
  summary with, without;  // seconds
  summary ratio, control;

 private:
  summary read(std::istream& in) const {
    summary s{.count = pairs};
    in >> s.p10 >> s.median >> s.p90;
    return s;
  }
};

void take(report& r, table& t, const answer& a, double largest) {
  const std::string name = a.compiler + ", " + a.header;
  if (a.pairs == 0) {
    t.rows.push_back({.name = name, .remark = a.problem});
    return;
  }
  constexpr double to_seconds = 1e-9;
  t.rows.push_back({.name = a.compiler + ", what it includes", .time = a.without.divided_by(to_seconds)});
  t.rows.push_back(
      {.name = name, .time = a.with.divided_by(to_seconds), .ratio = a.ratio, .control = a.control.median});
  const bool is_steady = std::abs(a.control.median - 1) <= largest_deviation;
  const assessment judged = !is_steady                  ? assessment::too_noisy
                            : a.ratio.median <= largest ? assessment::met
                                                        : assessment::not_met;
  r.add(limit{"compile time of <" + a.header + ">, " + a.compiler + ", to what it includes", a.ratio.median, largest,
              judged});
}

}  // namespace

void ask_headers(report& r, const options& o) {
  r.heading("How much compile time does an #include cost?",
            "CPU time of the compiler (-fsyntax-only), beside a file that includes only those standard and system "
            "headers that\n"
            "Quire's headers include. The quick run asks only the compiler that built this.");
  std::string command = settings::compile_time + (" --pairs " + std::to_string(o.choose(3, 5))) + " --compiler ";
  command += settings::this_compiler;
  if (!o.is_quick) command += std::string(" ") + settings::other_compiler;
  command += " --seconds " + std::to_string(static_cast<int>(o.seconds_allowed() - o.seconds_passed())) + " --header";
  for (const asked_header& header : asked) command += std::string(" ") + header.name;
  progress("compile time of headers");
  std::FILE* const script = popen(command.c_str(), "r");
  if (script == nullptr) stop("compile_time.py");

  table t{.id = "headers", .title = "#include", .baseline = "includes", .instead = ""};
  char line[4096];
  for (std::size_t i = 0; std::fgets(line, sizeof line, script) != nullptr; ++i) {
    const answer a{line};
    progress("compile time of headers: " + a.compiler + ", " + a.header);
    take(r, t, a, asked[i % std::size(asked)].largest);
  }
  if (pclose(script) != 0) stop("compile_time.py");
  r.add(t);
}

}  // namespace bench
