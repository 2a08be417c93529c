// SPDX-License-Identifier: BSL-1.0
// The order of slots in memory.
#include <cstdint>
#include <set>

#include <quire/detail/pool/slot_order.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

TEST_CASE("numbers and places of slots correspond one to one, whatever the seed is", "[pool]") {
  for (const std::uint32_t count : {1U, 2U, 3U, 4U, 5U, 16U, 17U, 63U, 64U, 65U, 1000U, 4097U})
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xFEED'F00D'1234'5678}}) {
      const detail::slot_order order(seed);
      std::set<std::uint32_t> places;
      bool well = true;
      for (std::uint32_t number = 0; number != count; ++number) {
        const std::uint32_t place = order.place_of(number, count);
        well = well && place < count && places.insert(place).second && order.number_at(place, count) == number;
      }
      INFO(count << " slots, seed " << seed);
      CHECK(well);
    }
}

TEST_CASE("few slots lie beside the one with the next number if there is a seed", "[pool]") {
  constexpr std::uint32_t count = 10'000;
  const detail::slot_order order(42);
  std::uint32_t neighbours = 0;
  for (std::uint32_t number = 0; number != count - 1; ++number)
    neighbours += order.place_of(number + 1, count) == order.place_of(number, count) + 1;
  CHECK(neighbours < 20);  // one is to be expected
}

}  // namespace
}  // namespace quire::test
