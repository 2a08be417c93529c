// SPDX-License-Identifier: BSL-1.0
// A memory for WebAssembly on a part without an MMU, as in a Tock application: a static buffer, with all checks
// enabled. Runs on an emulated board as part of the tests.
#include <quire/backing/verified.hpp>
#include <quire/platform/tock.hpp>

namespace {

constexpr auto level = quire::verification::full;
constinit quire::static_storage<1024 * 1024, level> wasm_memory;

using buffer = quire::backing::app_memory<quire::backing::static_buffer<wasm_memory>>;
using board_memory = quire::tock_allocator::with_backing<quire::backing::verified<buffer, level>>;

}  // namespace

int main() {
  board_memory memory{quire::fixed_limits<16>{}};  // 17 would not compile: the buffer holds 16 pages
  const auto bytes = memory.allocate(quire::pages{2});
  if (!bytes) return 1;  // damaged RAM, a buffer outside the application's memory, or one that is in use

  bytes->back() = std::byte{42};
  if (!memory.grow(quire::pages{14})) return 2;
  if (memory.grow(quire::pages{1})) return 3;  // the buffer holds only 16

  return memory.deallocate(memory.data(), memory.size()) ? 0 : 4;
}
