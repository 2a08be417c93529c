// SPDX-License-Identifier: BSL-1.0
// expect: wasm2c's code touches a memory in threads that have not entered it
#include <optional>
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_dirty>;
#else
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_dirty, quire::bounds::key_stripes<>>;
#endif

slots small_memories;
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  return small_memories.acquire(initial, maximum);
}
quire::engine::wasm2c_checked_memory<slots::memory, take> runtime;
