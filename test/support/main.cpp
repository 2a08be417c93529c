// The entry of every Catch2 program: runs the cases and ends with the count that support/summary.py reads.
#define CATCH_CONFIG_RUNNER  // v2 puts its implementation here
#include "support/catch_listener.hpp"

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#endif

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace {

int passed = 0;
int failed = 0;
std::vector<std::string> skipped;
std::string running;  // the name of the case
std::string reason;   // why it was skipped; empty while it was not

struct counter : listener_base {
  using listener_base::listener_base;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    running = info.name;
    reason.clear();
    listener_base::testCaseStarting(info);
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.testCases.failed > 0) {
      ++failed;
    } else if (!reason.empty()) {
      skipped.push_back(running + ": " + reason);
    } else {
      ++passed;
    }
    listener_base::testCaseEnded(stats);
  }
};

CATCH_REGISTER_LISTENER(counter)

}  // namespace

void quire::test::skip(std::string why) { reason = std::move(why); }

int main(int argc, char** argv) {
  // Catch2 returns the number of failures, which might be 77: "skipped" to Meson.
  const bool clean = Catch::Session().run(argc, argv) == 0;
  for (const auto& line : skipped) std::printf("skipped: %s\n", line.c_str());
  std::printf("%zu test cases: %d passed, %d failed, %zu skipped\n",
              static_cast<std::size_t>(passed + failed) + skipped.size(), passed, failed, skipped.size());
  // A name that matches nothing is a mistake, not a success.
  const bool any = passed + failed > 0 || !skipped.empty();
  return clean && any ? 0 : 1;
}
