// SPDX-License-Identifier: BSL-1.0
// expect first: a policy or store of this typedef holds data: give the adapter a function or a source
#include <optional>
#include <quire/engine/wasm2c.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_dirty>;

#ifdef CONTROL
slots small_memories;
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  return small_memories.acquire(initial, maximum);
}
quire::engine::wasm2c_checked_memory<slots::memory, take> runtime;
#else
quire::engine::wasm2c_checked_memory<slots::memory> runtime;
#endif
