// SPDX-License-Identifier: BSL-1.0
#include "try_call.h"

#if __has_include(<wasm-rt-exceptions.h>)
#include <wasm-rt-exceptions.h>  // later releases declare here the function that the macro below calls
#endif
#include <wasm-rt-impl.h>

// Written in C, because the runtime returns from a trap by longjmp, which skips destructors.
wasm_rt_trap_t trap_of(void (*touch)(void*, uint32_t), void* instance, uint32_t at) {
  const int trap = wasm_rt_impl_try();
  if (trap != 0) return (wasm_rt_trap_t)trap;
  touch(instance, at);
  return WASM_RT_TRAP_NONE;
}
