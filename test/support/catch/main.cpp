// SPDX-License-Identifier: BSL-1.0
// The entry point of every Catch2 program: runs the cases and ends with the counts that tools/summary.py reads. With
// QUIRE_TAP in the environment, it also reports each case by the Test Anything Protocol.
#define CATCH_CONFIG_RUNNER  // v2 puts its implementation here
#include "support/catch/catch_listener.hpp"

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#endif

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

int passed = 0;
int failed = 0;
std::vector<std::string> skipped;
std::string running;  // the name of the case
std::string reason;   // why it was skipped; empty if it was not
std::string refusal;  // the library's error for a missing feature; empty if there was none

void tell(const std::string& line) {
  if (std::getenv("QUIRE_TAP") == nullptr) return;
  std::puts(line.c_str());
  std::fflush(stdout);
}
void tell_of_case(bool good) {
  static int number = 0;
  std::string line = (good ? "ok " : "not ok ") + std::to_string(++number) + " - " + running;
  if (good && !reason.empty()) line += " # SKIP " + reason;
  if (good && reason.empty() && !refusal.empty()) line += " # refused " + refusal;
  tell(line);
}

struct counter : listener_base {
  using listener_base::listener_base;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    running = info.name;
    reason.clear();
    refusal.clear();
    listener_base::testCaseStarting(info);
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.testCases.failed > 0) {
      ++failed;
      std::printf("failed: %s\n", running.c_str());
    } else if (!reason.empty()) {
      skipped.push_back(running + ": " + reason);
    } else {
      ++passed;
    }
    tell_of_case(stats.totals.testCases.failed == 0);
    listener_base::testCaseEnded(stats);
  }
};

CATCH_REGISTER_LISTENER(counter)

}  // namespace

void quire::test::skip(std::string why) { reason = std::move(why); }
void quire::test::refused(std::string with) { refusal = std::move(with); }

int main(int argc, char** argv) {
  tell("TAP version 13");
  // Catch2 returns the number of failures, which might be 77: to Meson, that means "skipped".
  const bool clean = Catch::Session().run(argc, argv) == 0;
  const std::size_t cases = static_cast<std::size_t>(passed + failed) + skipped.size();
  tell("1.." + std::to_string(cases));
  for (const auto& line : skipped) std::printf("skipped: %s\n", line.c_str());
  std::printf("%zu test cases: %d passed, %d failed, %zu skipped\n", cases, passed, failed, skipped.size());
  // A name that matches no case is a mistake, not a success.
  return clean && cases > 0 ? 0 : 1;
}
