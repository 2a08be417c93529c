// SPDX-License-Identifier: BSL-1.0
// Which level of verification catches which damage: the table in docs/verification.md states the results of these
// cases.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch/catch.hpp"
#include "unit/buffers/damage.hpp"

namespace quire::test {
namespace {

using defect = failing_cells::defect;
constexpr std::size_t levels = 5;

struct row {
  std::string fault;
  std::array<std::string, levels> found;
};

template <class F>
row row_of(const char* fault, F f) {
  using enum verification;
  return {
    fault,
    {f.template operator()<off>(), f.template operator()<minimal>(), f.template operator()<standard>(),
     f.template operator()<full>(), f.template operator()<critical>()}
  };
}
template <class F>
row row_after(const char* fault, F spoil) {
  return row_of(fault, [&]<verification L>() { return damage_scenario<L>::after(spoil); });
}
row row_of_defect(const char* fault, defect kind) {
  return row_of(fault, [&]<verification L>() { return damage_scenario<L, failing_cells>::of_a_defect(kind); });
}

/// The record at the edge: bytes of the reservation, its committed end, their sum.
constexpr int end_in_record = 1;

std::array<row, 12> all_rows() {
  return {
      row_of("the buffer cannot be claimed (a bare array)",
             []<verification L>() { return damage_scenario<L>::of_an_unclaimable_buffer(); }),
      row_of("the store gives other memory than its buffer",
             []<verification L>() { return damage_scenario<L, misplaced_buffer>::of_a_wrong_place(); }),
      row_after("a write just before the memory", [](auto& a, std::size_t*) { write_to(a.data() - 1, 0x99); }),
      row_after("a write just behind the reservation",
                [](auto& a, std::size_t*) { write_to(a.data() + a.capacity(), 0x99); }),
      row_after("a flipped bit in the size that the object keeps",
                [](auto& a, std::size_t*) { change_word_of(a, chunk, 2 * chunk); }),
      row_after("a flipped bit in the maximum that the object keeps",
                [](auto& a, std::size_t*) { change_word_of(a, 3 * chunk, 2 * chunk); }),
      row_after("a flipped bit in the end that the edge keeps",
                [](auto&, std::size_t* record) {
                  if (record != nullptr) record[end_in_record] ^= chunk;
                }),
      row_after("the same flipped bit in both",
                [](auto& a, std::size_t* record) {
                  change_word_of(a, chunk, 0);
                  if (record != nullptr) record[end_in_record] ^= chunk;
                }),
      row_after("object and edge go back to what they were before a grow",
                [](auto& a, std::size_t* record) {
                  std::size_t before[3] = {};
                  if (record != nullptr) std::memcpy(before, record, sizeof before);
                  (void)a.grow(pages{1});
                  change_word_of(a, 2 * chunk, chunk);
                  if (record != nullptr) std::memcpy(record, before, sizeof before);
                }),
      row_of_defect("a bit of the memory sticks", defect::sticks),
      row_of_defect("two addresses reach one cell", defect::is_two),
      row_of_defect("a write changes another cell", defect::disturbs),
  };
}

std::string as_table(const std::array<row, 12>& rows) {
  std::string text = "| what goes bad | off | minimal | standard | full | critical |\n|---|---|---|---|---|---|\n";
  for (const row& each : rows) {
    text += "| " + each.fault;
    for (const std::string& by : each.found) text += " | " + by;
    text += " |\n";
  }
  return text;
}

std::string contents_of(const char* file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a level catches what lower levels catch and off catches nothing") {
  for (const row& each : all_rows()) {
    INFO(each.fault);
    CHECK(each.found[0] == "–");
    CHECK(each.found[levels - 1] != "–");
    for (std::size_t level = 1; level != levels; ++level)
      CHECK((each.found[level - 1] == "–" || each.found[level] != "–"));
  }
}

TEST_CASE("the table in docs/verification.md matches the damage that was found") {
  const std::string table = as_table(all_rows());
  const bool stands_there = contents_of(QUIRE_DOCS "/verification.md").find(table) != std::string::npos;
  CHECK(stands_there);
  if (!stands_there) std::printf("The table is now:\n%s", table.c_str());
}

TEST_CASE("the memory test notices any one changed bit of two cells") {
  using storage = static_storage<256_KiB, verification::full>;
  const auto buffer = std::make_unique<storage>();
  failing_cells::cell = reinterpret_cast<std::uintptr_t*>(buffer->data()) + 1000;
  failing_cells::kind = defect::disturbs_two;
  for (unsigned bit = 0; bit != 8 * sizeof(std::uintptr_t); ++bit) {
    failing_cells::bit = std::uintptr_t{1} << bit;
    INFO("bit " << bit);
    CHECK_FALSE(backing::detail::memory_test<failing_cells>::passes({buffer->data(), storage::bytes}));
  }
  failing_cells::kind = defect::none;
  failing_cells::bit = 0x400;
}

TEST_CASE("the memory test restores the contents") {
  using storage = static_storage<256_KiB, verification::full>;
  const auto buffer = std::make_unique<storage>();
  for (std::size_t i = 0; i != storage::bytes; ++i) buffer->data()[i] = static_cast<std::byte>(i * 7 >> 3);
  const std::vector<std::byte> before(buffer->data(), buffer->data() + storage::bytes);
  CHECK(backing::detail::memory_test<given_buffer>::passes({buffer->data(), storage::bytes}));
  CHECK(std::equal(before.begin(), before.end(), buffer->data()));
  failing_cells::cell = reinterpret_cast<std::uintptr_t*>(buffer->data()) + 1000;
  failing_cells::kind = defect::sticks;
  CHECK_FALSE(backing::detail::memory_test<failing_cells>::passes({buffer->data(), storage::bytes}));
  failing_cells::kind = defect::none;
  // The stuck bit is still set in memory.
  std::memcpy(failing_cells::cell, before.data() + 1000 * sizeof(std::uintptr_t), sizeof(std::uintptr_t));
  CHECK(std::equal(before.begin(), before.end(), buffer->data()));
}

TEST_CASE("a buffer found damaged keeps its claim and is not handed out again") {
  static static_storage<256_KiB, verification::standard> storage;
  {
    over_buffer<backing::verified<given_buffer, verification::standard>> a{backing::static_buffer{storage}};
    REQUIRE(a.allocate(pages{1}));
    write_to(a.data() - 1, 0x99);
    const auto refused = a.deallocate(a.data(), a.size());
    CHECK(refused.error() == error{errc::damaged, step::release, static_cast<int>(damage::canary_before)});
    CHECK(a.size() == chunk);
  }
  CHECK(storage.claim.is_taken());
}

TEST_CASE("damaged bookkeeping gives out no address and no bytes") {
  static static_storage<256_KiB, verification::critical> storage;
  over_buffer<backing::verified<given_buffer, verification::critical>> a{backing::static_buffer{storage}};
  REQUIRE(a.allocate(pages{1}));
  change_word_of(a, chunk, 3 * chunk);
  CHECK(a.data() == nullptr);
  CHECK(a.bytes().empty());
  CHECK(a.grow(pages{1}).error().code == errc::damaged);
  CHECK(a.shrink(pages{1}, pages{1}).error().code == errc::damaged);
  CHECK(a.discard(0, chunk).error().code == errc::damaged);
  CHECK(a.reset(pages{1}).error().code == errc::damaged);
  CHECK(a.allocate(pages{1}).error().code == errc::damaged);
  CHECK(a.zone_of(storage.data()) == zone::outside);
}

}  // namespace quire::test
