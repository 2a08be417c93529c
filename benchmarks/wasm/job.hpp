#pragma once
// A real program, timed over one whole life: natively, and as WebAssembly on several runtimes. See program.h for what
// it does, and jobs.cpp for what it runs on.
#include <chrono>
#include <cstdint>
#include <span>

namespace bench {

/// One life. Native code has no instance: its instantiate and release are zero, and so are its pages.
struct wasm_lifecycle {
  std::uint64_t checksum;  // over all results: the same for every job, 0 when the program failed
  std::chrono::nanoseconds instantiate, run, release;
  std::uint64_t first_pages, last_pages;  // of the linear memory, 64 KiB each
  std::uint64_t growths;                  // calls of memory.grow that gave something
};

struct wasm_job {
  const char* name;
  wasm_lifecycle (*live_once)();
};

/// All jobs: native first, then wabt's own runtime, then Quire's typedefs. Call one after the other, in any order; not
/// from several threads.
[[nodiscard]] std::span<const wasm_job> wasm_jobs();

}  // namespace bench
