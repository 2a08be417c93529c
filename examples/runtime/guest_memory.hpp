// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory of the guests: slots of one pool. A slot shows the image of a guest whose initialisation is done, and
// shows it again when the next guest gets it.
#include <optional>
#include <quire/backing/imaged.hpp>
#include <quire/engine/wasm2c_image.hpp>
#include <quire/pool.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "guest.h"

namespace runtime {

using slots = quire::pool<quire::with_images<quire::wasm_linux_allocator>, quire::recycling::zero_dirty>;
inline slots pool{};  // opened by main

/// For the first guest, which wasm2c itself instantiates: without a slot the program ends there. For all others, this
/// is an error that `image::instantiate` returns.
inline quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  return pool.acquire(initial, maximum);
}

using memory = quire::engine::wasm2c_memory<slots::memory, take>;
using image = quire::engine::wasm2c_image<memory, slots, &w2c_guest::w2c_memory, &w2c_guest::w2c_T0>;

}  // namespace runtime
