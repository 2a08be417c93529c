// The program that is timed: it draws every glyph of a font, lays the glyphs out on a sheet, writes the sheet as PNG
// and as JPEG, reads both back and scales them. The libraries doing so are libstb's; only the steps between them are
// ours. The same source is compiled natively and, for WebAssembly, exported under the same names.
#ifndef QUIRE_BENCHMARKS_WASM_PROGRAM_H
#define QUIRE_BENCHMARKS_WASM_PROGRAM_H

#include <stdint.h>

// Room for the font file. The caller fills it and hands it to program_run.
void* program_input(uint32_t bytes);

// Does everything once and returns a checksum over all results, or 0 when a step failed. Frees what it allocated, the
// input included.
uint64_t program_run(void* font, uint32_t bytes);

#endif
