// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a module's instances need to start from an image, apart from the struct.
#include <optional>

#include <quire/backing/imaged.hpp>
#include <quire/engine/wasm2c_image.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

using slots = quire::pool<quire::with_images<quire::wasm_linux_allocator>, quire::recycling::zero_dirty>;
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept;
using memory = quire::engine::wasm2c_memory<slots::memory, take>;

template <auto Memory, auto... Members>
bool start(slots& pool, typename quire::engine::wasm2c_image<memory, slots, Memory, Members...>::instance& first) {
  return quire::engine::wasm2c_image<memory, slots, Memory, Members...>::of(pool, first).has_value();
}
