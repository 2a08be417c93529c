// SPDX-License-Identifier: BSL-1.0
#pragma once
// Calls of guests' code: what goes wrong in a guest, or takes too long, ends the call and not the program. One thread
// runs guests, since the runtime of wabt 1.0.32 has one place to return to for all of them.
#if __has_include(<wasm-rt-exceptions.h>)
#include <wasm-rt-exceptions.h>  // later releases declare here what the macro of the next header calls
#endif
#include <wasm-rt-impl.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <type_traits>

namespace runtime {

/// What the guest returned, or why it did not.
using answer = std::expected<std::uint32_t, const char*>;

/// Guests run on the first thread's stack. The limit is its own, too.
bool limit_stack(std::size_t bytes) noexcept;

/// Installs the signal handlers. Call it after wasm_rt_init, whose handlers it replaces.
bool install_handlers() noexcept;

namespace detail {

/// Whether the thread runs the guest's own code at this moment.
inline volatile std::sig_atomic_t in_guest = 0;
inline volatile std::sig_atomic_t is_late = 0;

/// Counts processor time, so that no guest is late because others are at work.
void start_clock(std::chrono::microseconds most) noexcept;
void stop_clock() noexcept;

}  // namespace detail

/// Runs `code`, which calls a guest and returns a number, for so long, or without a deadline if that is 0. Nothing with
/// a destructor may lie between this frame and the guest's, since a trap jumps here.
template <class Code>
[[nodiscard]] answer call_guest(std::chrono::microseconds most, Code code) noexcept {
  static_assert(std::is_trivially_destructible_v<Code>);
  detail::is_late = 0;
  detail::start_clock(most);
  const int trap = wasm_rt_impl_try();
  if (trap == 0) {
    detail::in_guest = 1;
    const std::uint32_t value = code();
    detail::in_guest = 0;
    detail::stop_clock();
    return value;
  }
  detail::in_guest = 0;
  detail::stop_clock();
  return std::unexpected(detail::is_late ? "it ran for too long" : wasm_rt_strerror(static_cast<wasm_rt_trap_t>(trap)));
}

/// Runs what a guest has the host do. The host may hold locks meanwhile, for instance that of `malloc`: a deadline that
/// passes ends the guest only afterwards.
template <class Work>
auto call_host(Work work) noexcept {
  const std::sig_atomic_t from_guest = detail::in_guest;
  detail::in_guest = 0;
  const auto got = work();
  detail::in_guest = from_guest;
  if (from_guest && detail::is_late) wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
  return got;
}

}  // namespace runtime
