// SPDX-License-Identifier: BSL-1.0
#include "job.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include <quire/platform/linux.hpp>

#include "font.hpp"
#include "memory_functions.hpp"
#include "started_guest.hpp"

extern "C" {
#include "program.h"
}

memory_functions memory_in_use{};

namespace bench {
namespace {

using clock = std::chrono::steady_clock;
using quire::wasm_linux_allocator;

using huge_allocator = wasm_linux_allocator::with_page_size<quire::page_size::transparent_huge<>>;

const std::vector<char>& font() {
  static const std::vector<char> bytes = [] {
    std::ifstream file(font_path, std::ios::binary);
    return std::vector<char>(std::istreambuf_iterator<char>(file), {});
  }();
  return bytes;
}

wasm_timing live_natively() {
  const auto bytes = static_cast<std::uint32_t>(font().size());
  wasm_timing lifecycle{};
  const auto begin = clock::now();
  void* const input = program_input(bytes);
  if (input != nullptr) {
    std::memcpy(input, font().data(), bytes);
    lifecycle.checksum = program_run(input, bytes);
  }
  lifecycle.run = clock::now() - begin;
  return lifecycle;
}

template <class Memory>
wasm_timing live_on() {
  const auto bytes = static_cast<std::uint32_t>(font().size());
  memory_in_use = functions_of<Memory>;
  growths = 0;
  wasm_timing lifecycle{};
  w2c_guest instance{};

  const auto begin = clock::now();
  wasm2c_guest_instantiate(&instance);
  w2c_guest__initialize(&instance);
  const auto ready = clock::now();
  const wasm_rt_memory_t& memory = *w2c_guest_memory(&instance);
  lifecycle.first_pages = memory.pages;
  const auto input = w2c_guest_program_input(&instance, bytes);
  if (input != 0) {
    std::memcpy(memory.data + input, font().data(), bytes);
    lifecycle.checksum = w2c_guest_program_run(&instance, input, bytes);
  }
  const auto done = clock::now();
  lifecycle.last_pages = memory.pages;
  lifecycle.growths = growths;
  wasm2c_guest_free(&instance);
  const auto end = clock::now();

  lifecycle.instantiate = ready - begin;
  lifecycle.run = done - ready;
  lifecycle.release = end - done;
  return lifecycle;
}

constexpr std::array jobs{
    wasm_job{"native", live_natively},
    wasm_job{"wabt", live_on<stock>},
    wasm_job{"quire", live_on<quire::engine::wasm2c_memory<wasm_linux_allocator>>},
    wasm_job{"quire, transparent huge pages", live_on<quire::engine::wasm2c_memory<huge_allocator>>},
};

}  // namespace

std::span<const wasm_job> wasm_jobs() {
  start_guest();
  return font().empty() ? std::span<const wasm_job>() : std::span<const wasm_job>(jobs);
}

}  // namespace bench
