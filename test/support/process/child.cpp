// SPDX-License-Identifier: BSL-1.0
#include "support/process/child.hpp"

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#include <ucontext.h>
#endif

namespace quire::test {
namespace {

child_report* report = nullptr;  // null in the parent
char context_now[sizeof child_report::failure::context] = "";
sigjmp_buf way_back;
volatile sig_atomic_t expecting = 0;
void (*do_after_fault)() = nullptr;
caught_fault seen;

void describe_access([[maybe_unused]] const void* context) {
#if defined(__x86_64__) && defined(__linux__)
  const auto error = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR];
  seen.tells_access = true;
  seen.was_write = (error & 2) != 0;
  seen.was_fetch = (error & 16) != 0;
#endif
}

extern "C" void on_fault(int signal, siginfo_t* info, void* context) {
  seen = {.signal = signal, .code = info->si_code, .address = reinterpret_cast<std::uintptr_t>(info->si_addr)};
  describe_access(context);
  if (expecting) {
    expecting = 0;
    siglongjmp(way_back, 1);
  }
  report->signal = seen.signal;
  report->code = seen.code;
  report->address = seen.address;
  ::_exit(1);
}

[[noreturn]] void be_the_child(void (*f)(void*), void* context) {
#if defined(__linux__)
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // ends the child if the test is stopped
#endif
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  for (const int signal : {SIGSEGV, SIGBUS}) ::sigaction(signal, &action, nullptr);
  std::signal(SIGABRT, SIG_DFL);  // the test framework has installed a handler of its own
  try {
    f(context);
    report->finished = true;
  } catch (const std::exception& e) {  // an exception must not unwind into the parent's code
    report_check(false, "an exception", std::source_location::current());
    std::fprintf(stderr, "in a child: %s\n", e.what());
  }
  ::_exit(0);
}

std::string text_of(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = 0; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  return text;
}

}  // namespace

child_report run_in_child(void (*f)(void*), void* context, std::string* said) {
  void* const shared = ::mmap(nullptr, sizeof(child_report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "mmap"};
  auto* const told = new (shared) child_report{};
  std::FILE* const heard = said != nullptr ? std::tmpfile() : nullptr;
  if (said != nullptr && heard == nullptr) throw std::system_error{errno, std::generic_category(), "tmpfile"};
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
  if (child == 0) {
    report = told;
    if (heard != nullptr) ::dup2(::fileno(heard), STDERR_FILENO);
    be_the_child(f, context);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) told->signal = WTERMSIG(status);
  if (heard != nullptr) {
    *said = text_of(heard);
    std::fclose(heard);
  }
  const child_report result = *told;
  ::munmap(shared, sizeof(child_report));
  return result;
}

bool is_child() noexcept { return report != nullptr; }

namespace {

void add(const child_report::failure& failure) noexcept {
  if (report->failures < child_report::most) report->first[report->failures] = failure;
  ++report->failures;
}

}  // namespace

void report_check(bool holds, const char* what, const std::source_location& where) noexcept {
  ++report->checks;
  if (holds) return;
  child_report::failure failure{what, where.file_name(), where.line(), ""};
  std::memcpy(failure.context, context_now, sizeof context_now);
  add(failure);
}

void report_from(const child_report& other, const char* name) noexcept {
  report->checks += other.checks;
  for (unsigned i = 0; i < other.failures && i < child_report::most; ++i) add(other.first[i]);
  if (!other.finished) add({"this case did not end well", name, 0, ""});
}

void report_skip(const char* reason) noexcept { report->skipped = reason; }

void set_context(const char* format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(context_now, sizeof context_now, format, arguments);
  va_end(arguments);
}

caught_fault catch_fault(void (*f)(void*), void* context) noexcept {
  seen = {};
  if (sigsetjmp(way_back, 1) == 0) {
    expecting = 1;
    f(context);
    expecting = 0;
  } else if (do_after_fault != nullptr) {
    do_after_fault();
  }
  return seen;
}

void after_each_fault(void (*f)()) noexcept { do_after_fault = f; }

}  // namespace quire::test
