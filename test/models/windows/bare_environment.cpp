// SPDX-License-Identifier: BSL-1.0
#include "models/windows/bare_environment.hpp"

#include <cstdlib>

namespace quire::test {
namespace {

void* way_back[5];
volatile bool expecting = false;
caught_violation seen;

// The context to return to after a fault, on the stack of the function that faulted. The C library's longjmp would
// unwind the stack, which a handler must not do.
[[noreturn]] void escape() { __builtin_longjmp(way_back, 1); }

LONG CALLBACK on_exception(EXCEPTION_POINTERS* about) {
  const EXCEPTION_RECORD& what = *about->ExceptionRecord;
  if (what.ExceptionCode != EXCEPTION_ACCESS_VIOLATION) return EXCEPTION_CONTINUE_SEARCH;
  if (!expecting) {
    std::printf("failed: %s: access violation at %p\n", bare_environment::now,
                reinterpret_cast<void*>(what.ExceptionInformation[1]));
    std::fflush(stdout);
    std::_Exit(3);
  }
  expecting = false;
  seen = {true, what.ExceptionInformation[0], what.ExceptionInformation[1]};
  about->ContextRecord->Rsp = (about->ContextRecord->Rsp - 256) / 16 * 16 - 8;  // aligned as after a call
  about->ContextRecord->Rip = reinterpret_cast<DWORD64>(&escape);
  return EXCEPTION_CONTINUE_EXECUTION;
}

}  // namespace

caught_violation catch_violation(void (*f)(void*), void* context) {
  static void* const handler = ::AddVectoredExceptionHandler(1, on_exception);
  bare_environment::check(handler != nullptr, "there is a handler");
  seen = {};
  if (__builtin_setjmp(way_back) == 0) {
    expecting = true;
    f(context);
    expecting = false;
  }
  return seen;
}

std::uint64_t trace_of_address_space() noexcept {
  std::uint64_t sum = 14695981039346656037U;  // FNV-1a
  const auto add = [&sum](std::uint64_t n) { sum = (sum ^ n) * 1099511628211U; };
  MEMORY_BASIC_INFORMATION r;
  for (const char* p = nullptr; ::VirtualQuery(p, &r, sizeof r) != 0;) {
    p = static_cast<const char*>(r.BaseAddress) + r.RegionSize;
    if (r.State == MEM_FREE) continue;
    add(reinterpret_cast<std::uint64_t>(r.BaseAddress));
    add(r.RegionSize);
    add(r.State);
  }
  return sum;
}

}  // namespace quire::test
