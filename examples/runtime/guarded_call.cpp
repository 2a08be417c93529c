// SPDX-License-Identifier: BSL-1.0
#include "guarded_call.hpp"

#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <quire/classify_fault.hpp>

#include "guest_memory.hpp"

namespace runtime {
namespace {

using detail::in_guest, detail::is_late;

struct sigaction handler_of_wabt{};

// A fault is the guest's only if its code runs. In a slot, but beyond the memory that the guest has, it is an access
// out of bounds. Elsewhere it can only be the stack: wabt's own handler, which would take a bug of the host for a trap
// as well, tells the rest.
extern "C" void on_fault(int number, siginfo_t* info, void* context) {
  if (in_guest) {
    const quire::fault_cause cause = quire::classify_fault(*info, pool).cause;
    if (cause == quire::fault_cause::uncommitted || cause == quire::fault_cause::guard) wasm_rt_trap(WASM_RT_TRAP_OOB);
    if (cause == quire::fault_cause::unrelated) handler_of_wabt.sa_sigaction(number, info, context);
  }
  std::signal(number, SIG_DFL);  // no guest's fault: the program ends as it would without this handler
}

// To leave a guest at any instruction is safe because its code owns nothing: it holds no lock, has nothing to release,
// and calls nothing but arithmetic, memcpy, memset, and the host by `call_host`. What it was doing to its memory is
// half done, and stays unseen: the instance is freed or reset. (A module with table.grow calls realloc: its runtime
// wraps that function as `wasm_rt_grow_memory` is wrapped here.)
extern "C" void on_deadline(int) {
  is_late = 1;
  if (in_guest) wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
}

}  // namespace

bool limit_stack(std::size_t bytes) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0) return false;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, bytes);
  return setrlimit(RLIMIT_STACK, &limit) == 0;
}

bool install_handlers() noexcept {
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags =
      SA_SIGINFO | SA_ONSTACK;  // wabt has given the thread a stack for the case that its own is exhausted
  sigaddset(&action.sa_mask, SIGPROF);
  if (sigaction(SIGSEGV, &action, &handler_of_wabt) != 0) return false;
  struct sigaction alarm{};
  alarm.sa_handler = on_deadline;
  alarm.sa_flags = SA_RESTART | SA_ONSTACK;
  return sigaction(SIGPROF, &alarm, nullptr) == 0;
}

namespace detail {

// Again and again until it is stopped, in case the first signal arrives just before the guest begins.
void start_clock(std::chrono::microseconds most) noexcept {
  const timeval time{most.count() / 1'000'000, most.count() % 1'000'000};
  const itimerval every{time, time};
  setitimer(ITIMER_PROF, &every, nullptr);
}
void stop_clock() noexcept {
  const itimerval never{};
  setitimer(ITIMER_PROF, &never, nullptr);
}

}  // namespace detail
}  // namespace runtime
