// SPDX-License-Identifier: BSL-1.0
#pragma once
// The samples taken in a memory of any kind (page_kinds.hpp), as Google Benchmark runs them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "clock.hpp"
#include "memories.hpp"
#include "warm.hpp"

namespace bench {

/// Writes once to each 4 KiB of a fresh memory. Also counts the part that then is in huge pages, if the memory can
/// tell.
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

/// Loads in a dependent chain: each value determines the next address, which no prefetcher can predict. Also counts the
/// time to make all pages present. `bytes` is a power of two.
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

}  // namespace bench
