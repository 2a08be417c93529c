// SPDX-License-Identifier: BSL-1.0
// expect: wasm2c relies on a fault at the first byte after the memory
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using page_size = quire::page_size::transparent_huge<>;
#else
using page_size = quire::page_size::transparent_huge<quire::page_size::in_blocks>;
#endif

quire::engine::wasm2c_memory<quire::wasm_linux_allocator::with_page_size<page_size>> runtime;
