// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory on which the WebAssembly programs of the tests run: one for each instance, or where the build defines
// INSTANCES_FROM_A_POOL, the slots of a pool with images.
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>

#ifdef INSTANCES_FROM_A_POOL
#include <optional>
#include <quire/backing/imaged.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>
#endif

namespace quire::test {

using instance_allocator = wasm_linux_allocator;

#ifdef INSTANCES_FROM_A_POOL
using instance_slots = pool<with_images<instance_allocator>, recycling::zero_dirty>;
inline instance_slots instances{};  // opened by the test

[[nodiscard]] inline result<instance_slots::memory> take_slot(pages initial, std::optional<pages> maximum) noexcept {
  return instances.acquire(initial, maximum);
}
using instance_memory = engine::wasm2c_memory<instance_slots::memory, take_slot>;
#else
using instance_memory = engine::wasm2c_memory<instance_allocator>;
#endif

}  // namespace quire::test
