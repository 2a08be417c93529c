// SPDX-License-Identifier: BSL-1.0
// What step_trace keeps, drops and writes. trace_file.py reads what a whole program writes.
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <quire/step_observer.hpp>
#include <quire/step_trace.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

observed_step taken(const char* operation, std::int64_t began, int native = 0) {
  return {.at = step::commit,
          .operation = operation,
          .run = {reinterpret_cast<std::byte*>(std::uintptr_t{0x7000}), 4096},
          .native = native,
          .code_of = [](step, int) noexcept { return errc::out_of_memory; },
          .began = std::chrono::nanoseconds(began),
          .took = std::chrono::nanoseconds(1005)};
}

struct closes {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using file = std::unique_ptr<std::FILE, closes>;

std::string contents(const file& f) {
  std::rewind(f.get());
  std::string text;
  for (int c = std::fgetc(f.get()); c != EOF; c = std::fgetc(f.get())) text += static_cast<char>(c);
  return text;
}
std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST_CASE("a trace is written as an array of events", "[observing]") {
  step_trace<4> trace;
  const file out(std::tmpfile());
  REQUIRE(out);
  trace.saw(taken("commit", 2'000'007));
  trace.saw(taken("grow", 5'000'000, ENOMEM));
  REQUIRE(trace.finish(out.get(), 7));
  const std::string thread = std::to_string(detail::this_thread());
  CHECK(contents(out) ==
        "[{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":7,\"tid\":0,\"args\":{\"name\":\"quire\"}},\n"
        "{\"name\":\"commit\",\"cat\":\"quire\",\"ph\":\"X\",\"ts\":2000.007,\"dur\":1.005,\"pid\":7,\"tid\":" +
            thread +
            ",\"args\":{\"step\":\"commit\",\"address\":\"0x7000\",\"bytes\":4096}},\n"
            "{\"name\":\"grow\",\"cat\":\"quire\",\"ph\":\"X\",\"ts\":5000.000,\"dur\":1.005,\"pid\":7,\"tid\":" +
            thread +
            ",\"args\":{\"step\":\"commit\",\"address\":\"0x7000\",\"bytes\":4096,"
            "\"error\":\"out of memory\",\"native\":12}},\n"
            "{\"name\":\"dropped\",\"ph\":\"C\",\"ts\":5001,\"pid\":7,\"args\":{\"steps\":0}}]\n");
}

TEST_CASE("a full trace drops the newest steps and counts them, until it is written", "[observing]") {
  step_trace<2> trace;
  const file out(std::tmpfile());
  REQUIRE(out);
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 5; ++i) trace.saw(taken(i < 2 ? "kept" : "late", i));
    CHECK(trace.dropped() == static_cast<std::uint64_t>(3 * round));
    REQUIRE(trace.flush(out.get()));
    CHECK(count(contents(out), "\"kept\"") == static_cast<std::size_t>(2 * round));
    std::fseek(out.get(), 0, SEEK_END);
  }
  REQUIRE(trace.finish(out.get()));
  const std::string text = contents(out);
  CHECK(count(text, "\"late\"") == 0);
  CHECK(count(text, "process_name") == 1);
  CHECK(text.ends_with("\"args\":{\"steps\":9}}]\n"));
}

TEST_CASE("a finished trace begins another file", "[observing]") {
  step_trace<2> trace;
  for (int i = 0; i < 2; ++i) {
    const file out(std::tmpfile());
    REQUIRE(out);
    trace.saw(taken("commit", i));
    REQUIRE(trace.finish(out.get()));
    CHECK(contents(out).starts_with("[{\"name\":\"process_name\""));
    CHECK(count(contents(out), "\"commit\",\"cat\"") == 1);
  }
}

TEST_CASE("a trace whose file takes no more says so, keeps what it can, and counts the rest", "[observing]") {
  step_trace<4> trace;
  const file full(std::fopen("/dev/full", "w"));
  if (!full) return skip("there is no /dev/full");
  std::setvbuf(full.get(), nullptr, _IONBF, 0);
  trace.saw(taken("commit", 1));
  CHECK_FALSE(trace.flush(full.get()));  // at the beginning: nothing is lost
  CHECK(trace.dropped() == 0);
  const file out(std::tmpfile());
  REQUIRE(out);
  REQUIRE(trace.flush(out.get()));
  CHECK(count(contents(out), "\"commit\",\"cat\"") == 1);
  trace.saw(taken("commit", 2));
  trace.saw(taken("commit", 3));
  CHECK_FALSE(trace.flush(full.get()));  // in the middle of a step
  CHECK(trace.dropped() == 1);
  std::fseek(out.get(), 0, SEEK_END);
  REQUIRE(trace.finish(out.get()));
  CHECK(count(contents(out), "\"commit\",\"cat\"") == 2);
}

TEST_CASE("steps that are lost in the buffer of a file that takes no more are counted", "[observing]") {
  step_trace<4> trace;
  const file full(std::fopen("/dev/full", "w"));
  if (!full) return skip("there is no /dev/full");
  trace.saw(taken("commit", 1));
  CHECK_FALSE(trace.flush(full.get()));  // at the beginning of the file
  CHECK(trace.dropped() == 0);
  const file out(std::tmpfile());
  REQUIRE(out);
  REQUIRE(trace.flush(out.get()));
  CHECK(contents(out).starts_with("[{\"name\":\"process_name\""));
  trace.saw(taken("commit", 2));
  trace.saw(taken("commit", 3));
  CHECK_FALSE(trace.flush(full.get()));  // both were in its buffer
  CHECK(trace.dropped() == 2);
  std::fseek(out.get(), 0, SEEK_END);
  REQUIRE(trace.finish(out.get()));
  CHECK(count(contents(out), "\"commit\",\"cat\"") == 1);
}

/// Four threads record while one writes: each step is written once or counted as dropped, and those of one thread stay
/// in order.
TEST_CASE("threads record steps while another writes them, and each is written or counted", "[observing][threads]") {
  constexpr int threads = 4, each = 5'000;
  static step_trace<64> trace;
  const file out(std::tmpfile());
  REQUIRE(out);
  std::atomic<int> running{threads};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&running] {
      for (int i = 0; i < each; ++i) trace.saw(taken("commit", i * 1000));
      --running;
    });
  bool well = true;
  while (running != 0) well = trace.flush(out.get()) && well;
  for (auto& t : all) t.join();
  CHECK(well);
  REQUIRE(trace.finish(out.get()));
  const std::string text = contents(out);
  CHECK(count(text, "\"commit\",\"cat\"") + trace.dropped() == std::size_t{threads} * each);
  std::vector<long> last(1024, -1);
  bool ordered = true;
  for (std::size_t at = text.find("\"ts\":"); at != std::string::npos; at = text.find("\"ts\":", at + 1)) {
    long ts = 0, ns = 0, thread = 0;
    if (std::sscanf(text.c_str() + at, "\"ts\":%ld.%ld,\"dur\":1.005,\"pid\":1,\"tid\":%ld", &ts, &ns, &thread) != 3)
      continue;  // the counter at the end
    long& before = last.at(static_cast<std::size_t>(thread));
    ordered = ordered && ts > before;
    before = ts;
  }
  CHECK(ordered);
}

}  // namespace
}  // namespace quire::test
