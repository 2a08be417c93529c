// SPDX-License-Identifier: BSL-1.0
// What step_counts counts, and how it is printed.
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <quire/backing/observed.hpp>
#include <quire/ostream.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/step_counts.hpp>
#include <quire/step_observer.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

using std::chrono::nanoseconds;

observed_step taken(step at, std::size_t bytes, std::int64_t ns, int native = 0) {
  return {.at = at,
          .operation = name(at),
          .run = {nullptr, bytes},
          .native = native,
          .code_of = backing::linux_mmap<>::code_of,
          .took = nanoseconds(ns)};
}

TEST_CASE("steps are counted with their bytes, times and refusals", "[observing]") {
  step_counts counts;
  counts.saw(taken(step::commit, 65536, 300));
  counts.saw(taken(step::commit, 131072, 100));
  counts.saw(taken(step::commit, 1 << 30, 200, ENOMEM));
  counts.saw(taken(step::flush, 0, 0));
  const step_figures commit = counts.of(step::commit);
  CHECK(commit == step_figures{3, 1, 196608, nanoseconds(600), nanoseconds(300)});
  CHECK(counts.of(step::flush).calls == 1);
  CHECK(counts.of(step::plan) == step_figures{});
}

TEST_CASE("counts are printed with a line for each step that was taken", "[observing]") {
  const auto printed = [](const step_counts& counts) {
    std::ostringstream out;
    out << counts;
    return out.str();
  };
  step_counts counts;
  CHECK(printed(counts).empty());
  counts.saw(taken(step::release, 0, 999));
  counts.saw(taken(step::reserve, 2 << 20, 1'000));
  counts.saw(taken(step::commit, 65536, 1'999'999));
  counts.saw(taken(step::commit, 65536, 61'000'000'000, ENOMEM));
  CHECK(printed(counts) ==
        "  reserve: 1 call, 2 MiB in 1.0 us, the longest 1.0 us\n"
        "  commit: 2 calls, 1 refused, 64 KiB in 61.0 s, the longest 61.0 s\n"
        "  release: 1 call, 0 bytes in 999 ns, the longest 999 ns\n");
  counts.saw(taken(step::lock, 4096, 1'999'999));
  CHECK(printed(counts).find("lock: 1 call, 4 KiB in 1.9 ms, the longest 1.9 ms\n") != std::string::npos);
}

TEST_CASE("threads count at once, and nothing is missed", "[observing][threads]") {
  constexpr int threads = 4, each = 20'000;
  static step_counts counts;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([t] {
      for (int i = 0; i < each; ++i) counts.saw(taken(step::commit, 1, t * each + i, i % 2));
    });
  for (auto& t : all) t.join();
  const step_figures commit = counts.of(step::commit);
  CHECK(commit.calls == threads * each);
  CHECK(commit.refused == threads * each / 2);
  CHECK(commit.bytes == threads * each / 2);
  CHECK(commit.longest == nanoseconds(threads * each - 1));
  constexpr std::int64_t n = threads * each;
  CHECK(commit.took == nanoseconds(n * (n - 1) / 2));
}

inline constinit step_counts of_memories;
inline constinit step_counts of_others;
using counted = with_observer<linux_allocator, seen_by<of_memories>>;
using counted_twice = with_observer<linux_allocator, seen_by<of_memories, of_others>>;
static_assert(step_observer<seen_by<of_memories>> && sizeof(counted) == sizeof(linux_allocator));
static_assert(std::is_default_constructible_v<counted>);

TEST_CASE("a typedef names the counts that its memories and pools are added to", "[observing]") {
  const auto reserved = [](const step_counts& counts) { return counts.of(step::reserve).calls; };
  {
    counted one, two;
    REQUIRE(one.allocate(pages{1}, pages{2}));
    REQUIRE(two.allocate(pages{1}, pages{2}));
    CHECK(reserved(of_memories) == 2);
    CHECK(of_memories.of(step::commit).bytes == 2 * 65536);
    CHECK(of_memories.of(step::commit).took.count() > 0);
    CHECK(of_memories.of(step::commit).took >= of_memories.of(step::commit).longest);
    counted_twice both;
    REQUIRE(both.allocate(pages{1}, pages{2}));
    CHECK(reserved(of_memories) == 3);
    CHECK(reserved(of_others) == 1);
  }
  CHECK(of_memories.of(step::release).calls == 3);
  pool<counted, recycling::zero_all> slots;
  REQUIRE(slots.open({.slots = 8, .maximum = pages{2}}));
  const std::uint64_t opened = of_memories.of(step::commit).calls;
  for (int i = 0; i < 100; ++i) REQUIRE(slots.acquire(pages{1}));
  CHECK(of_memories.of(step::commit).calls - opened <= 8);  // a warm slot makes no step
}

}  // namespace
}  // namespace quire::test
