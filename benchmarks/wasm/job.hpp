// SPDX-License-Identifier: BSL-1.0
#pragma once
// A real program, timed over one whole lifecycle: natively, and as WebAssembly on several runtimes. program.h describes
// the program, and jobs.cpp the runtimes.
#include <chrono>
#include <cstdint>
#include <span>

namespace bench {

/// One lifecycle. Native code has no instance: its instantiate and release are zero, and so are its pages.
struct wasm_timing {
  std::uint64_t checksum;  // over all results: equal for every job, 0 if the program failed
  std::chrono::nanoseconds instantiate, run, release;
  std::uint64_t first_pages, last_pages;  // of the linear memory, 64 KiB each
  std::uint64_t growths;                  // successful calls of memory.grow
};

struct wasm_job {
  const char* name;
  wasm_timing (*live_once)();
};

/// Returns all jobs: native first, then wabt's own runtime, then Quire's typedefs. Run one at a time, in any order, and
/// from one thread.
[[nodiscard]] std::span<const wasm_job> wasm_jobs();

}  // namespace bench
