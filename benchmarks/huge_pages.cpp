// Do huge pages help my access pattern? First touch decides for short lives, random access for long ones.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "clock.hpp"
#include "machine.hpp"
#include "page_kinds.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "repetitions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

constexpr std::size_t small_page = 4096;

struct volume {
  std::size_t bytes;
  int repetitions;

  /// Small memories live several times a sample, so that a sample is not too short.
  [[nodiscard]] benchmark::IterationCount lives() const {
    return static_cast<benchmark::IterationCount>(std::max<std::size_t>(1, 16_MiB / bytes));
  }
};

std::string in_mib(std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

template <class Memory>
void touch_first(benchmark::State& state, std::size_t bytes) {
  Memory memory;
  for (auto _ : state) {
    warm_memory(bytes);
    std::byte* const base = memory.open(bytes);
    state.SetIterationTime(timed([&] { touch(base, bytes); }) * 1e-9);
    if constexpr (requires { memory.huge_share(); })
      if (state.counters.empty()) state.counters["huge"] = memory.huge_share();
    if (!memory.close()) stop("release");
  }
}

/// Each load waits for the one before it, whose value goes into the next place. No prefetcher foresees where that is.
template <class Memory>
void access_randomly(benchmark::State& state, std::size_t bytes) {
  Memory memory;
  std::byte* base = nullptr;
  warm_memory(bytes);
  state.counters["populate"] = timed([&] { base = memory.open_populated(bytes); });
  const unsigned shift = 64 - static_cast<unsigned>(std::countr_zero(bytes));
  std::uint64_t at = 1;
  const auto step = [&] {
    at = at * 6364136223846793005u + 1442695040888963407u;
    at += *reinterpret_cast<volatile std::uint64_t*>(base + ((at >> shift) & ~std::uint64_t{63}));
  };
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes / 64, 1 << 16); ++i) step();
  for (auto _ : state) step();
  if (!memory.close()) stop("release");
}

struct kind {
  const char* name;
  const char* counterpart;  // by hand
  void (*touch)(benchmark::State&, std::size_t);
  void (*access)(benchmark::State&, std::size_t);
};

template <class Memory>
constexpr kind kind_of(const char* name, const char* counterpart = nullptr) {
  return {name, counterpart, touch_first<Memory>, access_randomly<Memory>};
}

using pool_memory = made_of<quire::page_size::explicit_huge<2_MiB>>;

constexpr const char *small_by_hand = "by hand, mmap", *huge_by_hand = "by hand, MADV_HUGEPAGE";
constexpr const char *small_kind = "native", *huge_kind = "transparent_huge<in_blocks>";

std::vector<kind> kinds_for(std::size_t bytes) {
  using in_blocks = quire::page_size::transparent_huge<quire::page_size::in_blocks>;
  std::vector<kind> kinds{kind_of<from_malloc>("malloc"),
                          kind_of<mapped_by_hand<false>>(small_by_hand),
                          kind_of<made_of<quire::page_size::native>>(small_kind, small_by_hand),
                          kind_of<made_of<quire::page_size::no_huge>>("no_huge", small_by_hand),
                          kind_of<mapped_by_hand<true>>(huge_by_hand),
                          kind_of<made_of<quire::page_size::transparent_huge<>>>("transparent_huge<>", huge_by_hand),
                          kind_of<made_of<in_blocks>>(huge_kind, huge_by_hand)};
  if (pool_memory().can_open(bytes)) kinds.push_back(kind_of<pool_memory>("explicit_huge<2 MiB>", huge_by_hand));
  return kinds;
}

void enroll(const kind& k, const volume& v) {
  const auto bytes = v.bytes;
  benchmark::RegisterBenchmark((std::string("touch ") + k.name).c_str(),
                               [k, bytes](benchmark::State& state) { k.touch(state, bytes); })
      ->UseManualTime()
      ->Iterations(v.lives())
      ->Repetitions(v.repetitions);
  benchmark::RegisterBenchmark((std::string("access ") + k.name).c_str(),
                               [k, bytes](benchmark::State& state) { k.access(state, bytes); })
      ->Iterations(1 << 18)
      ->Repetitions(v.repetitions);
}

std::string in_percent(double share) { return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %"; }

using results = std::map<std::string, repetitions>;

/// One row a kind. Those of Quire are compared with their counterpart by hand, and all with malloc.
table tabulate(table t, const char* what, const std::vector<kind>& kinds, const results& got, double units) {
  const auto time_of = [&](const char* name) {
    return summarize(got.at(std::string(what) + name).nanoseconds).divided_by(units);
  };
  const double instead = time_of(kinds.front().name).median;
  for (const kind& k : kinds) {
    row made{.name = k.name, .time = time_of(k.name)};
    if (k.counterpart != nullptr) made.ratio = made.time.divided_by(time_of(k.counterpart).median);
    made.instead = made.time.median / instead;
    t.rows.push_back(made);
  }
  return t;
}

/// What a user wants to know in the end, for each volume: how much huge pages change, to 1.
struct answer {
  std::string volume;
  double touch, access;
};

answer ask_at(report& r, const volume& v) {
  const std::vector<kind> kinds = kinds_for(v.bytes);
  const std::string size = in_mib(v.bytes), id = std::to_string(v.bytes >> 20) + "_mib";
  progress("huge pages: " + size);
  for (const kind& k : kinds) enroll(k, v);
  const results got = run_registered();

  const double pages = static_cast<double>(v.bytes / small_page);
  table touching = tabulate({.id = "first_touch_" + id,
                             .title = size + ": first touch, each 4 KiB",
                             .baseline = "by hand",
                             .instead = "malloc"},
                            "touch ", kinds, got, pages);
  table access = tabulate(
      {.id = "random_access_" + id, .title = size + ": one random access", .baseline = "by hand", .instead = "malloc"},
      "access ", kinds, got, 1);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::string name = kinds[i].name;
    const auto &touched = got.at("touch " + name).counters, &accessed = got.at("access " + name).counters;
    if (touched.contains("huge")) touching.rows[i].remark = in_percent(touched.at("huge").front()) + " huge";
    const double populate = summarize(accessed.at("populate")).median / pages;
    access.rows[i].remark = "populated at " + std::to_string(static_cast<int>(populate + 0.5)) + " ns a page";
  }
  r.add(touching);
  r.add(access);
  const auto find = [](const table& t, const char* name) {
    return std::find_if(t.rows.begin(), t.rows.end(), [&](const row& x) { return x.name == name; })->time.median;
  };
  return {size, find(touching, huge_kind) / find(touching, small_kind),
          find(access, huge_kind) / find(access, small_kind)};
}

}  // namespace

void ask_huge_pages(report& r, const options& o) {
  r.heading("Do huge pages help my access pattern?",
            "First touch: one write to each 4 KiB of a fresh memory. Random access: a chain of loads, each waiting for "
            "the one\n"
            "before it, in a memory whose pages are all there. By hand is the same kind of pages without Quire.\n"
            "transparent_huge<> keeps the bound exact, so it has no huge page in less than 2 MiB.");
  std::vector<answer> answers;
  for (const std::size_t mib : o.choose<std::vector<std::size_t>>({1, 16, 64}, {1, 4, 16, 64, 256, 1024})) {
    const std::size_t bytes = mib << 20;
    if (bytes > available_bytes() / 2 || o.has_passed(0.5)) {
      r.warn("Huge pages: no " + in_mib(bytes) + ", for lack of " + (o.has_passed(0.5) ? "time." : "memory."));
      continue;
    }
    answers.push_back(ask_at(r, {bytes, o.choose(3, mib > 256 ? 3 : 5)}));
  }
  if (!pool_memory().can_open(2_MiB))
    std::printf("\n  explicit_huge<2 MiB>: this machine has no pool of such pages.\n");
  std::printf("\n  In short, transparent_huge<in_blocks> to native:\n");
  for (const answer& a : answers)
    std::printf("  %10s   first touch %5.2f of the time   random access %5.2f of the time\n", a.volume.c_str(), a.touch,
                a.access);
}

}  // namespace bench
