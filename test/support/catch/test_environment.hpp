// SPDX-License-Identifier: BSL-1.0
#pragma once
// The conformance environment over Catch2, fork and signals: each case runs in a child, whose results are reported
// here.
#include <cstddef>
#include <source_location>
#include <span>

#include <quire/contract.hpp>

#include "conformance/environment.hpp"
#include "support/process/child.hpp"

namespace quire::test {

struct test_environment {
  /// In a child, reports the check to the parent; otherwise it is Catch2's CHECK.
  static void check(bool holds, const char* what, const std::source_location& where = std::source_location::current());

  /// Call only in a child.
  template <class F>
  static void expect_fault(std::span<const std::byte> where, touch how, fault kind, F f,
                           const std::source_location& line = std::source_location::current()) {
    judge(catch_fault([](void* context) { (*static_cast<F*>(context))(); }, &f), where, how, kind, line);
  }

  template <class F>
  static void run_isolated(const char* name, F f) {
    tell(name, run_in_child(f));
  }

  static void call(const std::byte* code) noexcept;

  /// Heuristic overcommit refuses a size above all memory of the machine.
  static bool has_memory_for(std::size_t bytes) noexcept;

  /// Compares the address space before and after, as the kernel reports it.
  template <class F>
  static void expect_no_trace(F f, const std::source_location& line = std::source_location::current()) {
    const bool same = leaves_no_trace([](void* context) { (*static_cast<F*>(context))(); }, &f);
    check(same, "the address space is as it was before", line);
  }

 private:
  static void judge(const caught_fault& got, std::span<const std::byte> where, touch how, fault kind,
                    const std::source_location& line);
  static void tell(const char* name, const child_report& got);
  static bool leaves_no_trace(void (*f)(void*), void* context);
};
static_assert(environment<test_environment>);

}  // namespace quire::test
