// SPDX-License-Identifier: BSL-1.0
#include "support/catch/test_environment.hpp"

#include <csignal>
#include <cstdint>
#include <sstream>
#include <sys/mman.h>

#include "support/catch/catch.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

bool is_kind(const caught_fault& got, fault kind) {
  switch (kind) {
    case fault::accerr: return got.signal == SIGSEGV && got.code == SEGV_ACCERR;
    case fault::maperr: return got.signal == SIGSEGV && got.code == SEGV_MAPERR;
    case fault::key:
    case fault::either: return got.signal == SIGSEGV || got.signal == SIGBUS;
    default: return false;
  }
}

bool is_access(const caught_fault& got, touch how) {
  return !got.tells_access || (got.was_write == (how == touch::write) && got.was_fetch == (how == touch::execute));
}

}  // namespace

void test_environment::check(bool holds, const char* what, const std::source_location& where) {
  if (is_child()) return report_check(holds, what, where);
  INFO(where.file_name() << ':' << where.line() << ": " << what);
  CHECK(holds);
}

void test_environment::judge(const caught_fault& got, std::span<const std::byte> where, touch how, fault kind,
                             const std::source_location& line) {
  // Systems differ in whether the reported address includes the tag of the pointer.
  constexpr std::uintptr_t without_tag = sizeof(void*) < 8 ? UINTPTR_MAX : UINTPTR_MAX >> 8;
  const auto first = reinterpret_cast<std::uintptr_t>(where.data());
  check(got.signal != 0, "this access faults", line);
  if (got.signal == 0) return;
  check(is_kind(got, kind), "the fault is of the kind that the contract names", line);
  check(((got.address - first) & without_tag) < where.size(), "the fault is where the access was", line);
  check(is_access(got, how), "the fault is of this access", line);
}

void test_environment::tell(const char* name, const child_report& got) {
  if (is_child()) return report_from(got, name);
  if (got.skipped != nullptr && got.failures == 0 && got.finished) return skip(got.skipped);
  std::ostringstream text;
  for (unsigned i = 0; i < got.failures && i < child_report::most; ++i)
    text << '\n'
         << got.first[i].file << ':' << got.first[i].line << ": " << got.first[i].what << ' ' << got.first[i].context;
  INFO(name << ": " << got.failures << " of " << got.checks << " checks failed" << text.str());
  CHECK(got.failures == 0);
  INFO("ended by signal " << got.signal << ", code " << got.code << ", at address " << std::hex << got.address);
  CHECK(got.finished);
}

#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
void test_environment::call(const std::byte* code) noexcept {
  reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(code))();
}

bool test_environment::has_memory_for(std::size_t bytes) noexcept {
  void* const p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return false;
  ::munmap(p, bytes);
  return true;
}

bool test_environment::leaves_no_trace(void (*f)(void*), void* context) {
  static maps_snapshot before, after;
  f(context);  // a first run is not compared: a sanitizer or the C library may map memory of its own
  // ThreadSanitizer maps 256 KiB whenever the history of a thread's events outgrows what it has; a leak returns.
  constexpr int most_runs = thread_sanitizer ? 4 : 1;
  for (int run = 0; run != most_runs; ++run) {
    before.take();
    f(context);
    after.take();
    if (before == after) return true;
  }
  return false;
}

}  // namespace quire::test
