// SPDX-License-Identifier: BSL-1.0
#pragma once
// The conformance environment on Windows itself, without a test framework: a vectored handler catches faults. Cases are
// not isolated: a crash ends the program, which then prints where it happened.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include <quire/calls/windows.hpp>

#include "conformance/environment.hpp"

namespace quire::test {

struct caught_violation {
  bool happened = false;
  std::uintptr_t how = 0;  // 0: read, 1: write, 8: execute
  std::uintptr_t address = 0;
};

/// Runs f(context) until it returns or causes an access violation.
caught_violation catch_violation(void (*f)(void*), void* context);

/// Returns a hash of the address space of this process.
std::uint64_t trace_of_address_space() noexcept;

struct bare_environment {
  static inline unsigned checks = 0, failures = 0, passed = 0, failed = 0, skipped = 0;
  static inline const char* now = "";

  static void check(bool holds, const char* what) {
    ++checks;
    if (holds) return;
    ++failures;
    std::printf("failed: %s: %s\n", now, what);
  }
  static void skip(const char* what, const char* reason) {
    ++skipped;
    std::printf("skipped: %s: %s\n", what, reason);
  }
  template <class F>
  static void expect_fault(std::span<const std::byte> where, touch how, fault, F f) {
    const caught_violation got = catch_violation([](void* context) { (*static_cast<F*>(context))(); }, &f);
    check(got.happened, "this access faults");
    if (!got.happened) return;
    check(got.address - reinterpret_cast<std::uintptr_t>(where.data()) < where.size(), "where the access was");
    check(got.how == (how == touch::read ? 0U : how == touch::write ? 1U : 8U), "by this access");
  }
  template <class F>
  static void run_isolated(const char* name, F f) {
    const unsigned before = failures;
    now = name;
    f();
    ++(failures == before ? passed : failed);
  }
  static void call(const std::byte* code) { reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(code))(); }
  template <class F>
  static void expect_no_trace(F f) {
    f();  // a first run is not compared, as libraries may reserve memory of their own in it
    const std::uint64_t before = trace_of_address_space();
    f();
    check(trace_of_address_space() == before, "the address space is as it was before");
  }
  static bool has_memory_for(std::size_t bytes) {
    using system = calls::windows;
    const auto got =
        system::virtual_alloc(nullptr, bytes, system::mem_reserve | system::mem_commit, system::page_read_write);
    if (got.error == 0) (void)system::virtual_free(got.address, 0, system::mem_release);
    return got.error == 0;
  }
};
static_assert(environment<bare_environment>);

}  // namespace quire::test
