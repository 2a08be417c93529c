// SPDX-License-Identifier: BSL-1.0
#include "lives.hpp"

#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/engine/wasm2c_image.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "../clock.hpp"
#include "../memories.hpp"
#include "memory_functions.hpp"
#include "started_guest.hpp"

namespace bench {
namespace {

using slots = quire::pool<quire::with_images<quire::wasm_linux_allocator>, quire::recycling::zero_dirty>;

slots& opened(slots& pool) {
  // One instance lives at a time, and what a pool reserves is missing where instances are counted.
  if (!pool.open({.slots = 4, .maximum = quire::pages{1024}})) stop("open");
  return pool;
}
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  static slots empty;
  static slots& pool = opened(empty);
  return pool.acquire(initial, maximum);
}
/// Another one, whose slots show images.
slots& images() {
  static slots empty;
  static slots& pool = opened(empty);
  return pool;
}

using fresh = quire::engine::wasm2c_memory<quire::wasm_linux_allocator>;
using pooled = quire::engine::wasm2c_memory<slots::memory, take>;
using image = quire::engine::wasm2c_image<pooled, slots, &w2c_guest::w2c_memory, &w2c_guest::w2c_T0>;

/// wasm2c's own way, with the program's initialisation and its input.
void make_ready(w2c_guest& instance, std::size_t bytes) {
  wasm2c_guest_instantiate(&instance);
  w2c_guest__initialize(&instance);
  if (bytes == 0) return;
  const auto input = w2c_guest_program_input(&instance, static_cast<u32>(bytes));
  if (input == 0) stop("program_input");
  static const std::vector<std::byte> contents(std::size_t{4} << 20, std::byte{0x5a});
  std::memcpy(instance.w2c_memory.data + input, contents.data(), bytes);
}
void use(w2c_guest& instance) { touch(reinterpret_cast<std::byte*>(instance.w2c_memory.data) + 65536, 4 * 4096); }

/// 1.0.32 unmaps the accessible bytes of a memory, and leaves the rest of the 8 GiB.
void unmap_the_rest(std::uint8_t* base, std::size_t size) {
  constexpr bool leaves_the_rest = sizeof(wasm_rt_memory_t::size) == 4;
  if (leaves_the_rest) munmap(base + size, (std::size_t{8} << 30) - size);
}

template <class Memory>
double instantiated(std::size_t bytes) {
  memory_in_use = functions_of<Memory>;
  w2c_guest instance{};
  std::uint8_t* base = nullptr;
  std::size_t size = 0;
  const double nanoseconds = timed([&] {
    make_ready(instance, bytes);
    use(instance);
    base = instance.w2c_memory.data;
    size = instance.w2c_memory.size;
    wasm2c_guest_free(&instance);
  });
  if constexpr (std::is_same_v<Memory, stock>) unmap_the_rest(base, size);
  return nanoseconds;
}

/// The image for so many bytes of input, made once.
const image& ready(std::size_t bytes) {
  static std::map<std::size_t, image> made;
  if (const auto found = made.find(bytes); found != made.end()) return found->second;
  w2c_guest first{};
  make_ready(first, bytes);
  auto got = image::of(images(), first);
  if (!got) stop("image");
  wasm2c_guest_free(&first);
  return made.emplace(bytes, std::move(*got)).first->second;
}

double from_image(std::size_t bytes) {
  memory_in_use = functions_of<pooled>;
  const image& start = ready(bytes);
  w2c_guest instance{};
  return timed([&] {
    if (!start.instantiate(instance)) stop("instantiate");
    use(instance);
    wasm2c_guest_free(&instance);
  });
}

double reset(std::size_t bytes) {
  memory_in_use = functions_of<pooled>;
  const image& start = ready(bytes);
  w2c_guest instance{};
  if (!start.instantiate(instance)) stop("instantiate");
  use(instance);
  const double nanoseconds = timed([&] {
    if (!start.reset(instance)) stop("reset");
    use(instance);
  });
  wasm2c_guest_free(&instance);
  return nanoseconds;
}

constexpr std::array all_lives{
    instance_life{"wabt, instantiated", instantiated<stock>},
    instance_life{"quire, instantiated", instantiated<fresh>},
    instance_life{"quire, instantiated on a pool", instantiated<pooled>},
    instance_life{"quire, from an image on a pool", from_image},
    instance_life{"quire, reset to the image", reset},
};

}  // namespace

std::span<const instance_life> instance_lives() {
  start_guest();
  return all_lives;
}

}  // namespace bench
