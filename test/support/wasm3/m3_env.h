// SPDX-License-Identifier: BSL-1.0
#pragma once
/* What docs/other-engines.md uses of wasm3 0.4.7, declared anew, so that its code compiles without wasm3's sources. No
   program links with these declarations: the page's program is compiled with wasm3's own header. */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef const char* M3Result;
extern M3Result m3Err_none;
extern M3Result m3Err_mallocFailed;

typedef struct M3Runtime* IM3Runtime;

typedef struct M3MemoryHeader {
  IM3Runtime runtime;
  void* maxStack;
  size_t length;
} M3MemoryHeader;

typedef struct M3Memory {
  M3MemoryHeader* mallocated;
  uint32_t numPages;
  uint32_t maxPages;
} M3Memory;

typedef struct M3Runtime {
  M3Memory memory;
} M3Runtime;

#ifdef __cplusplus
}
#endif
