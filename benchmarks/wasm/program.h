// SPDX-License-Identifier: BSL-1.0
// The timed program: it draws every glyph of a font, lays the glyphs out on a sheet, writes the sheet as PNG and as
// JPEG, reads both back and scales them. The work is done by libstb's libraries, and only the steps between them by
// this program. The same source is compiled natively and, for WebAssembly, exported under the same names.
#ifndef QUIRE_BENCHMARKS_WASM_PROGRAM_H
#define QUIRE_BENCHMARKS_WASM_PROGRAM_H

#include <stdint.h>

// Returns room for the font file. The caller fills it and passes it to program_run.
void* program_input(uint32_t bytes);

// Does everything once and returns a checksum over all results, or 0 if a step failed. Frees what it allocated, and the
// input.
uint64_t program_run(void* font, uint32_t bytes);

#endif
