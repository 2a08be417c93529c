#pragma once
// The memory on which the WebAssembly programs of the tests run.
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>

namespace quire::test {

using instance_allocator = wasm_linux_allocator;
using instance_memory = engine::wasm2c_memory<instance_allocator>;

}  // namespace quire::test
