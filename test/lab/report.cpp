#define CATCH_CONFIG_EXTERNAL_INTERFACES  // v2 shows listeners only then, and not through the precompiled header
#include "report.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <quire/ostream.hpp>

#include "support/catch_listener.hpp"

namespace {

std::string refusal;

/// One line a case. A skipped case looks passed here: the program's list of skips, at its end, corrects it.
struct teller : listener_base {
  using listener_base::listener_base;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    refusal.clear();
    listener_base::testCaseStarting(info);
  }
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const bool failed = stats.totals.testCases.failed > 0;
    const std::string what = failed ? "failed" : refusal.empty() ? "passed" : "refused " + refusal;
    std::printf("case: %s: %s\n", stats.testInfo.name.c_str(), what.c_str());
    std::fflush(stdout);
    listener_base::testCaseEnded(stats);
  }
};

CATCH_REGISTER_LISTENER(teller)

}  // namespace

namespace quire::test {

void refused_with(const error& e) {
  std::ostringstream text;
  text << e;
  refusal = text.str();
}

const char* not_in_a_guest() {
  return std::getenv("QUIRE_LAB_GUEST") != nullptr ? nullptr : "it changes the machine, so only in a guest of the lab";
}

}  // namespace quire::test
