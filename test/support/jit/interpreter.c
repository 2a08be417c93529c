// SPDX-License-Identifier: BSL-1.0
// A program for the JIT: wasm3, the interpreter, which is compiled with it, runs a module.
#include <stdint.h>
#include <stdio.h>
#include <wasm3.h>
// After wasm3.h, which it needs.
#include <m3_env.h>

static const uint8_t guest[] = {
#include "guest.inc"
};

/// This release takes arguments as text, and leaves the result on its stack.
static int call(IM3Runtime runtime, const char* name, const char* argument) {
  IM3Function function;
  M3Result failed = m3_FindFunction(&function, runtime, name);
  if (failed == m3Err_none) failed = m3_CallWithArgs(function, 1, &argument);
  if (failed != m3Err_none)
    printf("%s: %s\n", name, failed);
  else
    printf("%s(%s) = %u\n", name, argument, *(const uint32_t*)runtime->stack);
  return failed != m3Err_none;
}

int main(void) {
  IM3Environment environment = m3_NewEnvironment();
  IM3Runtime runtime = m3_NewRuntime(environment, 64 * 1024, NULL);
  IM3Module module = NULL;
  M3Result failed = m3_ParseModule(environment, &module, guest, sizeof guest);
  if (failed == m3Err_none) failed = m3_LoadModule(runtime, module);
  if (failed != m3Err_none) return puts(failed), 1;
  const int bad = call(runtime, "fibonacci", "24") + call(runtime, "primes_below", "1000000");
  m3_FreeRuntime(runtime);
  m3_FreeEnvironment(environment);
  fflush(stdout);
  return bad;
}
