// SPDX-License-Identifier: BSL-1.0
#pragma once
// The conformance environment on any POSIX system, without a test framework: a signal handler catches faults. Cases are
// not isolated: a crash ends the program, whose last line names the case. What a case leaves in the address space is
// not looked at, as POSIX has no call that tells.
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include <sys/mman.h>

#include "conformance/environment.hpp"

namespace quire::test {

#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
inline void
jump_to(const std::byte* code) {
  reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(code))();
}

struct signal_seen {
  int number = 0;
  int code = 0;
  std::uintptr_t address = 0;
};

struct posix_environment {
  static inline unsigned checks = 0, failures = 0, passed = 0, failed = 0;
  static inline const char* now = "";

  static void check(bool holds, const char* what) {
    ++checks;
    if (holds) return;
    ++failures;
    std::printf("failed: %s: %s\n", now, what);
  }
  template <class F>
  static void expect_fault(std::span<const std::byte> where, touch, fault kind, F f) {
    caught = {};
    if (sigsetjmp(way_back, 1) == 0) {
      expecting = 1;
      f();
      expecting = 0;
    }
    check(caught.number != 0, "this access faults");
    if (caught.number == 0) return;
    check(caught.address - reinterpret_cast<std::uintptr_t>(where.data()) < where.size(), "where the access was");
    check(kind != fault::accerr || caught.code == SEGV_ACCERR, "of a page without this access");
    check(kind != fault::maperr || caught.code == SEGV_MAPERR, "of no page");
  }
  template <class F>
  static void run_isolated(const char* name, F f) {
    const unsigned before = failures;
    now = name;
    f();
    ++(failures == before ? passed : failed);
  }
  static void call(const std::byte* code) { jump_to(code); }
  template <class F>
  static void expect_no_trace(F f) {
    f();
  }
  static bool has_memory_for(std::size_t bytes) {
    void* const got = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (got == MAP_FAILED) return false;
    ::munmap(got, bytes);
    return true;
  }

  static bool catch_faults() {
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGSEGV, &action, nullptr) == 0 && ::sigaction(SIGBUS, &action, nullptr) == 0;
  }

 private:
  static inline sigjmp_buf way_back;
  static inline volatile std::sig_atomic_t expecting = 0;
  static inline signal_seen caught;

  static void on_fault(int signal, siginfo_t* about, void*) {
    if (expecting == 0) {
      ::signal(signal, SIG_DFL);  // the access is repeated when the handler returns, and ends the program
      std::printf("failed: %s: a fault at %p\n", now, about->si_addr);
      std::fflush(stdout);
      return;
    }
    expecting = 0;
    caught = {signal, about->si_code, reinterpret_cast<std::uintptr_t>(about->si_addr)};
    siglongjmp(way_back, 1);
  }
};
static_assert(environment<posix_environment>);

}  // namespace quire::test
