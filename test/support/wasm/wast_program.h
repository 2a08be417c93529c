// SPDX-License-Identifier: BSL-1.0
/* What a program made from a file of the official test suite begins with. */
#include <simde/wasm/simd128.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wasm-rt-impl.h"

#define WASM_RT_CORE_TYPES_DEFINED
typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;
typedef float f32;
typedef double f64;
#define WASM_RT_SIMD_TYPE_DEFINED
typedef simde_v128_t v128;

static int passed, wrong, skipped, line;

static void at_line(int now) { line = now; }
static void judge(int holds) {
  if (holds) {
    ++passed;
  } else {
    ++wrong;
    printf("line %d does not hold\n", line);
  }
}
static void failed(void) { judge(0); }
static void not_run(void) { ++skipped; }

static f32 f32_of(u32 bits) {
  f32 made;
  memcpy(&made, &bits, sizeof made);
  return made;
}
static f64 f64_of(u64 bits) {
  f64 made;
  memcpy(&made, &bits, sizeof made);
  return made;
}
static v128 v128_of(const u8* bytes) {
  v128 made;
  memcpy(&made, bytes, sizeof made);
  return made;
}
#define READS(type)                      \
  static type type##_at(const void* p) { \
    type got;                            \
    memcpy(&got, p, sizeof got);         \
    return got;                          \
  }
READS(u8)
READS(u16)
READS(u32)
READS(u64)
static int is_nan_f32(const void* p) { return (u32_at(p) & 0x7fffffffu) > 0x7f800000u; }
static int is_nan_f64(const void* p) { return (u64_at(p) & 0x7fffffffffffffffull) > 0x7ff0000000000000ull; }

/* The host module of the suite. */
struct w2c_spectest {
  wasm_rt_memory_t memory;
  wasm_rt_shared_memory_t shared_memory;
  wasm_rt_funcref_table_t table;
  u32 global_i32;
  u64 global_i64;
  f32 global_f32;
  f64 global_f64;
};
static struct w2c_spectest spectest;

wasm_rt_memory_t* w2c_spectest_memory(struct w2c_spectest* s) { return &s->memory; }
wasm_rt_shared_memory_t* w2c_spectest_shared_memory(struct w2c_spectest* s) { return &s->shared_memory; }
wasm_rt_funcref_table_t* w2c_spectest_table(struct w2c_spectest* s) { return &s->table; }
u32* w2c_spectest_global_i32(struct w2c_spectest* s) { return &s->global_i32; }
u64* w2c_spectest_global_i64(struct w2c_spectest* s) { return &s->global_i64; }
f32* w2c_spectest_global_f32(struct w2c_spectest* s) { return &s->global_f32; }
f64* w2c_spectest_global_f64(struct w2c_spectest* s) { return &s->global_f64; }
void w2c_spectest_print(struct w2c_spectest* s) {}
void w2c_spectest_print_i32(struct w2c_spectest* s, u32 a) {}
void w2c_spectest_print_i64(struct w2c_spectest* s, u64 a) {}
void w2c_spectest_print_f32(struct w2c_spectest* s, f32 a) {}
void w2c_spectest_print_f64(struct w2c_spectest* s, f64 a) {}
void w2c_spectest_print_i32_f32(struct w2c_spectest* s, u32 a, f32 b) {}
void w2c_spectest_print_f64_f64(struct w2c_spectest* s, f64 a, f64 b) {}

static void begin(void) {
  wasm_rt_init();
  wasm_rt_allocate_memory(&spectest.memory, 1, 2, 0, 65536);
  wasm_rt_allocate_memory_shared(&spectest.shared_memory, 1, 2, 0, 65536);
  wasm_rt_allocate_funcref_table(&spectest.table, 10, 20);
  spectest.global_i32 = 666;
  spectest.global_i64 = 666;
  spectest.global_f32 = 666.6f;
  spectest.global_f64 = 666.6;
}
static int end(void) {
  printf("%d hold, %d do not, %d are not run\n", passed, wrong, skipped);
  return wrong != 0;
}
