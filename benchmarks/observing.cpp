// SPDX-License-Identifier: BSL-1.0
// What does it cost to count and trace the steps of a memory, beside one that is not observed, and counting by hand?
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include <quire/backing/observed.hpp>
#include <quire/platform/linux.hpp>
#include <quire/step_counts.hpp>
#include <quire/step_trace.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

using quire::linux_allocator, quire::seen_by, quire::with_observer;

struct silent {
  static void saw(const quire::observed_step&) noexcept {}
};
inline quire::step_counts counts;
inline quire::step_trace<> trace;

/// What a program writes around its calls that has no observer: two readings of the clock, and figures that threads
/// may read.
class counting_memory : public quire_memory<linux_allocator> {
 public:
  void grow(std::size_t count) {
    const auto began = std::chrono::steady_clock::now();
    quire_memory::grow(count);
    const auto took = std::chrono::steady_clock::now() - began;
    calls.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(count * wasm_page, std::memory_order_relaxed);
    nanoseconds.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
  }

 private:
  static inline std::atomic<std::uint64_t> calls{0}, bytes{0}, nanoseconds{0};
};

/// A memory whose steps are kept in a trace, which another thread would write: here it is emptied between samples.
class traced_memory : public quire_memory<with_observer<linux_allocator, seen_by<counts, trace>>> {
 public:
  void open(std::size_t count) {
    static std::FILE* const nowhere = std::fopen("/dev/null", "w");
    if (nowhere == nullptr || !trace.flush(nowhere)) stop("/dev/null");
    quire_memory::open(count);
  }
};

/// Beside a memory that is not observed.
template <class Memory>
comparison beside_unobserved(std::size_t pairs) {
  const auto unobserved = [] { return repeating(grow_in_steps, quire_memory<linux_allocator>()); };
  return compare({.by_hand = unobserved(),
                  .quire = repeating(grow_in_steps, Memory()),
                  .by_hand_again = unobserved(),
                  .instead = {}},
                 pairs);
}

}  // namespace

void ask_observing(report& r, const options& o) {
  r.heading(
      "What does it cost to count and trace the steps of a memory?",
      "Each step adds 64 KiB to a memory: one mprotect. Counting reads a clock twice. An observer that does nothing "
      "leaves the same instructions, as a test of the generated code checks, but in another place: a few per cent "
      "more or less are the effect of that.");
  const auto pairs = o.choose<std::size_t>(1'000, 5'000);
  table t{.id = "observed grow", .title = "grow by 64 KiB", .baseline = "unobserved"};
  progress(t.title + ": observed");
  const comparison empty = beside_unobserved<quire_memory<with_observer<linux_allocator, silent>>>(pairs);
  t.rows.push_back({.name = "linux_allocator, not observed", .time = empty.by_hand});
  t.rows.push_back(row_of("an observer that does nothing", empty));
  t.rows.push_back(row_of("counted by hand", beside_unobserved<counting_memory>(pairs)));
  t.rows.push_back(
      row_of("step_counts", beside_unobserved<quire_memory<with_observer<linux_allocator, seen_by<counts>>>>(pairs)));
  t.rows.push_back(row_of("step_counts and step_trace", beside_unobserved<traced_memory>(pairs)));
  r.add(t);
}

}  // namespace bench
