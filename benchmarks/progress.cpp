// SPDX-License-Identifier: BSL-1.0
#include "progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

const bool is_terminal = isatty(STDERR_FILENO) != 0;
const clock::time_point start = clock::now();

}  // namespace

void progress(const std::string& what) {
  const double seconds = std::chrono::duration<double>(clock::now() - start).count();
  std::fflush(stdout);
  std::fprintf(stderr, is_terminal ? "\r\x1b[K[%3.0f s] %s" : "[%3.0f s] %s\n", seconds, what.c_str());
  std::fflush(stderr);
}

void end_progress() {
  if (is_terminal) std::fputs("\r\x1b[K", stderr);
}

}  // namespace bench
