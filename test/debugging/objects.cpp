// SPDX-License-Identifier: BSL-1.0
// Objects in states that a debugger shows at a breakpoint in `look`.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <quire/arena.hpp>
#include <quire/pinned_vector.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/region_allocator.hpp>
#include <quire/ring_buffer.hpp>
#include <quire/stack_pool.hpp>

namespace {

using quire::pages;
using memory = quire::linux_allocator;

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

[[gnu::noinline]] void look() { asm volatile("" ::: "memory"); }

int main() {
  memory vacant, owned;
  quire::wasm_linux_allocator wasm;
  const auto made = owned.allocate(pages{2}, pages{16});
  const auto wrong = owned.grow(pages{3}, pages{1});
  const auto without_value = owned.deallocate(nullptr, 0);
  expect(made && !wrong && !without_value && wasm.allocate(pages{1}));
  [[maybe_unused]] const quire::error refused{quire::errc::out_of_memory, quire::step::commit, 12};
  [[maybe_unused]] const pages three{3}, one{1};

  quire::pool<memory, quire::recycling::zero_all> closed, pool;
  expect(pool.open({.slots = 200, .maximum = pages{4}}).has_value());
  auto live = pool.acquire(pages{1}, {}, 7).value();
  {
    auto back = pool.acquire(pages{2}).value();
    back.data()[0] = std::byte{1};
  }
  quire::stack_pool<memory, quire::recycling::zero_all> stacks;
  expect(stacks.open({.stacks = 3, .bytes = 65536}).has_value());
  const auto stack = stacks.acquire().value();

  quire::arena empty_arena, arena;
  for (const std::size_t bytes : {100UL, 2'000'000UL, 28UL}) expect(arena.allocate(bytes).has_value());
  quire::region_allocator<memory> regions;
  expect(regions.reserve(1 << 20, {.initial = quire::access::read_write}) && regions.reserve(1 << 16));
  const quire::pinned_vector<int> numbers{10, 20, 30};
  const quire::pinned_vector<int> none;
  quire::ring_buffer<short> ring, closed_ring;
  expect(ring.open(1000).has_value());
  for (short i = 0; i != short(ring.capacity() + 3); ++i) {
    short out = 0;
    if (i >= 5) expect(ring.try_pop(out));
    expect(ring.try_push(i));
  }
  look();
  return stack.base == nullptr;
}
