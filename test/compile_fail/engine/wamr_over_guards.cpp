// SPDX-License-Identifier: BSL-1.0
// expect: WAMR adds a 32-bit offset to a 32-bit index and checks nothing
#include <quire/engine/wamr.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using memory = quire::wasm_linux_allocator;
#else
using memory = quire::linux_allocator;
#endif

void set(RuntimeInitArgs& args) { quire::engine::wamr_memory<memory>::install(args); }
