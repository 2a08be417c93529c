// SPDX-License-Identifier: BSL-1.0
// The free slots of a pool, which threads take and return at once.
#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <quire/detail/pool/free_slots.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

using detail::free_slots;

/// Memory of its own, as a pool has it.
struct own_stacks : free_slots {
  own_stacks() : free_slots(zeros) {}
  alignas(alignment) std::byte zeros[bytes]{};
};

std::uint32_t take(free_slots& slots, detail::slot_record* records, unsigned at) {
  if (const std::uint32_t slot = slots.pop(records, at)) return slot;
  return slots.pop_from_others(records, at);
}

TEST_CASE("slots come back in the reverse order of their return", "[pool]") {
  std::array<detail::slot_record, 4> records;
  own_stacks slots;
  for (std::uint32_t slot = 1; slot <= 4; ++slot) slots.push(records.data(), 7, slot);
  for (std::uint32_t slot = 4; slot != 0; --slot) CHECK(slots.pop(records.data(), 7) == slot);
  CHECK((slots.pop(records.data(), 7) == 0 && slots.were_empty()));
  slots.push(records.data(), 7, 2);
  CHECK_FALSE(slots.were_empty());
  CHECK(take(slots, records.data(), 3) == 2);
}

TEST_CASE("with as many slots as threads there is never a moment without a free one", "[pool][threads]") {
  constexpr std::uint32_t count = 2;
  constexpr unsigned rounds = 1'000'000;
  std::array<detail::slot_record, count> records;
  own_stacks slots;
  for (std::uint32_t slot = 1; slot <= count; ++slot) slots.list(records.data(), slot, slot);
  std::atomic<unsigned> refused = 0;
  std::vector<std::thread> threads;
  for (std::uint32_t id = 0; id < count; ++id)
    threads.emplace_back([&, id] {
      std::minstd_rand random(id + 1);
      for (unsigned round = 0; round < rounds; ++round) {
        std::uint32_t slot = 0;
        while ((slot = take(slots, records.data(), static_cast<unsigned>(random() % free_slots::stacks))) == 0)
          if (slots.were_empty()) ++refused;
        slots.push(records.data(), static_cast<unsigned>(random() % 3), slot);
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(refused == 0);
}

}  // namespace
}  // namespace quire::test
