// SPDX-License-Identifier: BSL-1.0
// expect: 8 GiB from the base must fault
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
quire::engine::wasm2c_memory<quire::wasm_linux_allocator> runtime;
#else
quire::engine::wasm2c_memory<quire::linux_allocator> runtime;
#endif
