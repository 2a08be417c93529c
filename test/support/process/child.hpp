// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs code in a child process, and reports its checks and how it ended.
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

namespace quire::test {

/// The report of a child. It lies in shared memory, and points only to what exists in both processes.
struct child_report {
  struct failure {
    const char* what;
    const char* file;
    unsigned line;
    char context[120];
  };
  static constexpr std::size_t most = 16;

  unsigned checks = 0;
  unsigned failures = 0;
  failure first[most]{};
  bool finished = false;
  const char* skipped = nullptr;  // why it was skipped
  // The signal that ended the child, if any.
  int signal = 0;
  int code = 0;
  std::uintptr_t address = 0;
};

/// Runs f(context) in a child process and waits for its end. `said`, if not null, receives the child's stderr.
child_report run_in_child(void (*f)(void*), void* context, std::string* said = nullptr);

template <class F>
child_report run_in_child(F f, std::string* said = nullptr) {
  return run_in_child([](void* context) { (*static_cast<F*>(context))(); }, &f, said);
}

[[nodiscard]] bool is_child() noexcept;
/// In a child: counts a check, and reports it to the parent if it failed.
void report_check(bool holds, const char* what, const std::source_location& where) noexcept;

/// In a child: adds the report of a child of its own to its own report.
void report_from(const child_report& other, const char* name) noexcept;
/// In a child: reports that the test cannot be carried out here.
void report_skip(const char* reason) noexcept;

/// Describes the checks that follow; printed with those that fail.
void set_context(const char* format, ...) noexcept __attribute__((format(printf, 1, 2)));

/// A caught fault. `signal` is 0 if there was none.
struct caught_fault {
  int signal = 0;
  int code = 0;
  std::uintptr_t address = 0;
  bool tells_access = false;  // whether the processor reported the kind of access
  bool was_write = false;
  bool was_fetch = false;
};

/// In a child: runs f(context) until it returns or faults.
caught_fault catch_fault(void (*f)(void*), void* context) noexcept;
/// Does this whenever a fault was caught: a signal handler, and what it jumps to, lacks some of the thread's state.
void after_each_fault(void (*f)()) noexcept;

}  // namespace quire::test
