// SPDX-License-Identifier: BSL-1.0
// Writes the trace of a few threads to the standard output, for trace_file.py.
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include <quire/backing/observed.hpp>
#include <quire/platform/linux.hpp>
#include <quire/step_counts.hpp>
#include <quire/step_trace.hpp>

namespace {

inline constinit quire::step_counts counts;
inline constinit quire::step_trace<> trace;
inline quire::step_trace<8> short_trace;
using traced = quire::with_observer<quire::linux_allocator, quire::seen_by<counts, trace, short_trace>>;

void live() {
  for (int i = 0; i < 10; ++i) {
    traced m;
    if (!m.allocate(quire::pages{1}, quire::pages{100}) || !m.grow(quire::pages{9}) || !m.reset()) return;
  }
  // Beyond any address space: the system refuses.
  traced too_large{quire::limits{.maximum = quire::pages{std::uint64_t{1} << (sizeof(void*) > 4 ? 44 : 14)}}};
  (void)too_large.allocate(quire::pages{1});
}

}  // namespace

int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(live);
  for (auto& each : threads) each.join();
  unsigned long long calls = 0, refused = 0;
  for (unsigned i = 0; i <= static_cast<unsigned>(quire::step::flush); ++i) {
    calls += counts.of(static_cast<quire::step>(i)).calls;
    refused += counts.of(static_cast<quire::step>(i)).refused;
  }
  std::fprintf(stderr, "%llu %llu\n", calls, refused);
  return trace.finish(stdout) && std::puts("---") >= 0 && short_trace.finish(stdout) ? 0 : 1;
}
