// SPDX-License-Identifier: BSL-1.0
// Runs every job once: all must return the same checksum, and the WebAssembly jobs must have grown their memory.
#include <cstdio>

#include "job.hpp"

int main() {
  using bench::wasm_jobs;
  const auto ms = [](std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); };

  const auto jobs = wasm_jobs();
  if (jobs.empty()) {
    std::puts("the font could not be read");
    return 1;
  }
  const auto expected = jobs.front().live_once().checksum;
  bool right = expected != 0;
  for (const auto& job : jobs) {
    const auto lifecycle = job.live_once();
    right = right && lifecycle.checksum == expected && (lifecycle.last_pages == 0 || lifecycle.growths > 10);
    std::printf("%-30s %016llx  instantiate %.3f ms, run %.1f ms, release %.3f ms, %llu to %llu pages in %llu steps\n",
                job.name, static_cast<unsigned long long>(lifecycle.checksum), ms(lifecycle.instantiate),
                ms(lifecycle.run), ms(lifecycle.release), static_cast<unsigned long long>(lifecycle.first_pages),
                static_cast<unsigned long long>(lifecycle.last_pages),
                static_cast<unsigned long long>(lifecycle.growths));
  }
  std::puts(right ? "all agree" : "they do not agree");
  return right ? 0 : 1;
}
