// SPDX-License-Identifier: BSL-1.0
// What does tagging a page cost on arm64? Counted on an emulated processor, as this machine has no tags.
#include <cstdio>
#include <sstream>
#include <string>

#include "memories.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "settings.hpp"

namespace bench {
namespace {

constexpr double largest = 1.02;

row counted(const std::string& name, double count, double by_hand) {
  return {.name = name, .count = count, .ratio = summary{.count = 1, .median = count / by_hand}};
}

/// Adds one line of the script's output.
void take(report& r, table& t, const std::string& line) {
  std::istringstream in(line);
  std::string compiler, operation;
  std::getline(in, compiler, '\t');
  std::getline(in, operation, '\t');
  if (operation == "-") {
    std::string problem;
    std::getline(in, problem);
    r.leave_out("tags with " + compiler, problem);
    return;
  }
  double quire = 0, by_hand = 0, in_two_passes = 0;
  in >> quire >> by_hand >> in_two_passes;
  const std::string name = operation + ", " + compiler;
  t.rows.push_back(counted(name, quire, by_hand));
  t.rows.push_back({.name = "  by hand", .count = by_hand});
  if (in_two_passes != 0) t.rows.push_back(counted("  by hand, memset and then tags", in_two_passes, by_hand));
  const double ratio = quire / by_hand;
  r.add(limit{"emulated instructions to tag a page, " + name + ", to by hand", ratio, largest,
              ratio <= largest ? assessment::met : assessment::not_met});
}

}  // namespace

void ask_tags(report& r, const options& o) {
  r.heading(
      "What does tagging a page cost on arm64?",
      "Instructions of the program, emulated (qemu-aarch64 -cpu max), and no time: for each further page of 64 KiB "
      "that is\n"
      "allocated, grown by, or reset. By hand: the same calls, and DC GVA or DC GZVA in a loop.");
  std::string command = settings::instructions;
  command += " --emulator qemu-aarch64 --compiler aarch64-linux-gnu-g++";
  if (o.is_named) command += " 'clang++-19 --target=aarch64-linux-gnu'";
  progress("instructions for tags");
  std::FILE* const script = popen(command.c_str(), "r");
  if (script == nullptr) stop("instructions.py");

  table t{.id = "tags", .title = "tags", .baseline = "by hand", .instead = "", .counted = "instructions, emulated"};
  char line[4096];
  while (std::fgets(line, sizeof line, script) != nullptr) take(r, t, line);
  if (pclose(script) != 0) stop("instructions.py");
  if (!t.rows.empty()) r.add(t);
}

}  // namespace bench
