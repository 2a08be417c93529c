// SPDX-License-Identifier: BSL-1.0
// Calls into a module that return a trap instead of ending the process.
#ifndef QUIRE_TEST_SUPPORT_WASM_TRY_CALL_H
#define QUIRE_TEST_SUPPORT_WASM_TRY_CALL_H

#include <wasm-rt.h>

#ifdef __cplusplus
extern "C" {
#endif

// Runs `touch(instance, at)` and returns the trap that it raised, or WASM_RT_TRAP_NONE. The runtime must be
// initialised.
wasm_rt_trap_t trap_of(void (*touch)(void*, uint32_t), void* instance, uint32_t at);

#ifdef __cplusplus
}
#endif

#endif
