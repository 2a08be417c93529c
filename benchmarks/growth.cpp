// SPDX-License-Identifier: BSL-1.0
// What is the best way to grow? From 64 KiB to hundreds of MiB, in steps of 64 KiB, touching the added pages.
#include <cstdio>
#include <string>
#include <vector>

#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#include "clock.hpp"
#include "growth_ways.hpp"
#include "machine.hpp"
#include "pace.hpp"
#include "peers.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "repetitions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

template <class Way>
void grow(benchmark::State& state, std::size_t last) {
  Way way;
  for (auto _ : state) {
    warm_memory(2 * last);
    const double time = timed([&] {
      touch(way.start(wasm_page), wasm_page);
      for (std::size_t size = wasm_page; size < last; size += wasm_page)
        touch(way.grow_to(size + wasm_page) + size, wasm_page);
    });
    state.SetIterationTime(time * 1e-9);
    way.end();
  }
}

struct named_way {
  const char* name;
  void (*grow)(benchmark::State&, std::size_t);
  side whose = side::peer;
};

using in_blocks =
    quire::linux_allocator::with_page_size<quire::page_size::transparent_huge<quire::page_size::in_blocks>>;

constexpr const char *by_hand = "by hand, mprotect in a reservation", *instead = "realloc";

std::vector<named_way> ways(bool with_copying) {
  std::vector<named_way> all{{by_hand, grow<in_place<guarded_by_hand>>, side::by_hand},
                             {"linux_allocator", grow<in_place<quire_memory<quire::linux_allocator>>>, side::quire},
                             {"transparent_huge<in_blocks>", grow<in_place<quire_memory<in_blocks>>>, side::quire},
                             {instead, grow<by_realloc>},
                             {"std::vector", grow<by_vector>},
                             {"mremap", grow<by_mremap>},
                             {"mmap and copy, doubling", grow<by_copying<true>>}};
  if (with_copying) all.push_back({"mmap and copy at each step", grow<by_copying<false>>});
  return all;
}

/// The time for copying at each step grows with the square of the size, so it is left out for the larger size.
void ask_up_to(report& r, std::size_t bytes, int repetitions, bool with_copying) {
  const std::string size = std::to_string(bytes >> 20) + " MiB";
  const std::vector<named_way> asked = ways(with_copying);
  progress("growth: up to " + size);
  for (const named_way& way : asked)
    benchmark::RegisterBenchmark(way.name, [way, bytes](benchmark::State& state) { way.grow(state, bytes); })
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(repetitions);
  const auto got = run_registered();
  const auto time_of = [&](const char* name) { return summarize(got.at(name).nanoseconds); };

  table t{.id = "growth, " + size, .title = "64 KiB to " + size, .baseline = "by hand", .instead = instead};
  const auto steps = static_cast<double>(bytes / wasm_page - 1);
  for (const named_way& way : asked) {
    const summary time = time_of(way.name);
    row made{.name = way.name, .time = time, .instead = time.median / time_of(instead).median};
    if (way.name != by_hand) made.ratio = time.divided_by(time_of(by_hand).median);
    char each[48];
    (void)std::snprintf(each, sizeof each, "%.1f us a step", time.median / steps / 1e3);
    made.remark = each;
    made.whose = way.whose;
    t.rows.push_back(made);
  }
  r.add(t);
}

void explain(report& r) {
  r.heading("What is the best way to grow?",
            "From 64 KiB on, 64 KiB at a time, writing to each 4 KiB that was added. Only the first three never\n"
            "move, and fault beyond the end (in_blocks: of a block). realloc and std::vector start with fresh memory\n"
            "each time; std::vector also fills what was added with zeros.");
  r.add(peers::glibc());
  r.add(peers::standard_library("std::vector, resized"));
}

void ask_if_possible(report& r, std::size_t largest, int repetitions) {
  const bool has_memory = largest <= available_bytes() / 4;
  if (has_memory && !pace::is_over()) return ask_up_to(r, largest, repetitions, false);
  r.leave_out("growth up to " + std::to_string(largest >> 20) + " MiB",
              has_memory ? "for lack of time" : "for lack of memory");
}

}  // namespace

void ask_growth(report& r, const options& o) {
  explain(r);
  ask_up_to(r, o.choose(4_MiB, 16_MiB), 5, true);
  ask_if_possible(r, o.choose(64_MiB, 256_MiB), o.choose(3, 5));
}

void ask_growth_1_gib(report& r, const options& o) {
  explain(r);
  ask_if_possible(r, 1_GiB, o.choose(1, 5));
}

}  // namespace bench
