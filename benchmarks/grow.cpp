// SPDX-License-Identifier: BSL-1.0
// What does growing cost, compared with the system calls that an expert writes?
#include <cstdlib>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t touched_steps = 2;

constexpr auto grow_and_touch = [](auto& memory) {
  memory.open(1);
  const double time = timed([&] {
    for (std::size_t i = 0; i < touched_steps; ++i) {
      memory.grow(1);
      touch(memory.data() + memory.size() - wasm_page, wasm_page);
    }
  });
  memory.close();
  return time / touched_steps;
};

double reallocate(bool touches) {
  auto* p = static_cast<std::byte*>(std::malloc(wasm_page));
  const std::size_t times = touches ? touched_steps : growth_steps;
  const double time = timed([&] {
    for (std::size_t i = 1; i <= times; ++i) {
      p = static_cast<std::byte*>(std::realloc(p, (i + 1) * wasm_page));
      if (p == nullptr) stop("realloc");
      if (touches) touch(p + i * wasm_page, wasm_page);
    }
  });
  std::free(p);
  return time / static_cast<double>(times);
}

}  // namespace

void ask_grow(report& r, const options& o) {
  r.heading("What does growing cost beside system calls written by hand?",
            "Each step adds 64 KiB; 8 steps to a sample, 2 where they are touched. By hand is mprotect. What realloc "
            "adds is not zeroed.");
  r.add(peers::glibc());
  ask_operation(
      r, {.id = "grow", .title = "grow by 64 KiB", .baseline = "by hand", .instead = "realloc"}, grow_in_steps,
      judged_pairs, [] { return reallocate(false); }, largest_overhead);
  ask_operation(
      r, {.id = "grow and touch", .title = "grow by 64 KiB and touch it", .baseline = "by hand", .instead = "realloc"},
      grow_and_touch, o.choose<std::size_t>(500, 3'000), [] { return reallocate(true); });
}

}  // namespace bench
