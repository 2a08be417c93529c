// SPDX-License-Identifier: BSL-1.0
// Instances that start from an image, over a struct as wasm2c generates it, and tables that the test itself allocates:
// compiled against the wabt header that the build puts first.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/engine/wasm2c_image.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "support/catch/catch.hpp"

namespace {

int tables_alive = 0, tables_allowed = 1000;

template <class Table>
void allocate_counted(Table& table, std::uint32_t elements, std::uint32_t most) {
  table = {nullptr, most, elements};
  if (tables_alive == tables_allowed) return;
  ++tables_alive;
  table.data = static_cast<decltype(table.data)>(std::calloc(elements, sizeof *table.data));
}
template <class Table>
void free_counted(Table& table) {
  if (table.data != nullptr) --tables_alive;
  std::free(table.data);
}

}  // namespace

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, uint32_t elements, uint32_t most) {
  allocate_counted(*table, elements, most);
}
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table) { free_counted(*table); }
void wasm_rt_allocate_externref_table(wasm_rt_externref_table_t* table, uint32_t elements, uint32_t most) {
  allocate_counted(*table, elements, most);
}
void wasm_rt_free_externref_table(wasm_rt_externref_table_t* table) { free_counted(*table); }

namespace {

constexpr std::size_t page = 65536;

// What a module with an import, two globals, a memory and two tables becomes.
struct module_instance {
  void* host;
  std::uint32_t count;
  wasm_rt_funcref_t favourite;
  wasm_rt_externref_t thing;
  wasm_rt_memory_t memory;
  wasm_rt_funcref_table_t functions;
  wasm_rt_externref_table_t things;
  bool data_segment_dropped : 1;
};

using slots = quire::pool<quire::with_images<quire::wasm_linux_allocator>, quire::recycling::zero_dirty>;
slots* pool = nullptr;
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  return pool->acquire(initial, maximum);
}
using memory = quire::engine::wasm2c_memory<slots::memory, take>;
using image = quire::engine::wasm2c_image<memory, slots, &module_instance::memory, &module_instance::functions,
                                          &module_instance::things, &module_instance::favourite>;

void own_function() {}
void hosts_function() {}
int host, thing, other_thing;

wasm_rt_funcref_t function_of(void* instance, void (*function)()) {
  wasm_rt_funcref_t made{};
  made.func = function;
  made.module_instance = instance;
  return made;
}

// As generated code does, over a memory with the bytes "begin" in its first page and "end" in its third, of four.
void instantiate(module_instance& one) {
  one = {&host, 5, function_of(&one, own_function), &thing, {}, {}, {}, true};
  wasm_rt_allocate_funcref_table(&one.functions, 3, 8);
  wasm_rt_allocate_externref_table(&one.things, 2, 2);
  memory::allocate(&one.memory, 3, 6);
  memory::grow(&one.memory, 1);
  one.functions.data[0] = function_of(&one, own_function);
  one.functions.data[1] = function_of(&host, hosts_function);
  one.things.data[1] = &thing;
  std::memcpy(one.memory.data + 16, "begin", 5);
  std::memcpy(one.memory.data + 2 * page, "end", 3);
}
void free_instance(module_instance& one) {
  wasm_rt_free_funcref_table(&one.functions);
  wasm_rt_free_externref_table(&one.things);
  memory::free(&one.memory);
}

// As the guest may leave it: nothing is as it was, the memory is full, and the table has grown.
void spoil(module_instance& one) {
  memory::grow(&one.memory, 2);
  std::memset(one.memory.data, 0x77, one.memory.size);
  one.count = 6;
  one.favourite = {};
  one.thing = nullptr;
  one.things.data[0] = &other_thing;
  one.functions.data = static_cast<wasm_rt_funcref_t*>(std::realloc(one.functions.data, 8 * sizeof(wasm_rt_funcref_t)));
  one.functions.size = 8;
  for (std::uint32_t i = 0; i != 8; ++i) one.functions.data[i] = function_of(&host, hosts_function);
  one.data_segment_dropped = false;
}

bool is(const wasm_rt_funcref_t& f, const void* instance, void (*function)()) {
  return f.module_instance == instance && f.func == function;
}

void check_is_new(const module_instance& one) {
  CHECK((one.host == &host && one.count == 5 && one.thing == &thing && one.data_segment_dropped));
  CHECK(is(one.favourite, &one, own_function));
  REQUIRE((one.functions.size == 3 && one.functions.max_size == 8));
  CHECK(is(one.functions.data[0], &one, own_function));
  CHECK(is(one.functions.data[1], &host, hosts_function));
  CHECK(is(one.functions.data[2], nullptr, nullptr));
  REQUIRE((one.things.size == 2 && one.things.max_size == 2));
  CHECK((one.things.data[0] == nullptr && one.things.data[1] == &thing));
  REQUIRE((one.memory.pages == 4 && one.memory.max_pages == 6 && one.memory.size == 4 * page));
  std::vector<std::uint8_t> expected(4 * page);
  std::memcpy(expected.data() + 16, "begin", 5);
  std::memcpy(expected.data() + 2 * page, "end", 3);
  CHECK(std::memcmp(one.memory.data, expected.data(), expected.size()) == 0);
}

// An open pool, the first instance, and the image of it; all gone afterwards.
class started {
 public:
  explicit started(std::uint32_t slots_wanted = 8) {
    pool = &pool_;
    if (!pool_.open({.slots = slots_wanted, .maximum = quire::pages{16}})) std::abort();
    instantiate(first);
    auto made = image::of(pool_, first);
    if (!made) std::abort();
    start.emplace(std::move(*made));
  }
  ~started() {
    free_instance(first);
    start.reset();
    CHECK(tables_alive == 0);
    CHECK(pool_.statistics().live == 0);
  }
  started(const started&) = delete;
  started& operator=(const started&) = delete;

  [[nodiscard]] const slots& all() const { return pool_; }

  module_instance first;
  std::optional<image> start;

 private:
  slots pool_;
};

}  // namespace

TEST_CASE("wasm2c image: instances are what the first one was, and their own") {
  started from;
  spoil(from.first);  // the image is taken already
  module_instance one, other;
  REQUIRE(from.start->instantiate(one));
  check_is_new(one);
  spoil(one);
  REQUIRE(from.start->instantiate(other));
  check_is_new(other);
  CHECK((one.memory.data != other.memory.data && one.functions.data != other.functions.data));
  CHECK(memory::find(&one.memory) != nullptr);
  free_instance(one);
  free_instance(other);
}

TEST_CASE("wasm2c image: an instance that is freed leaves nothing to the next one in its slot") {
  started from(2);
  for (int round = 0; round != 20; ++round) {
    module_instance one;
    REQUIRE(from.start->instantiate(one));
    check_is_new(one);
    spoil(one);
    free_instance(one);
  }
  CHECK(from.all().statistics().recycled == 20);
}

TEST_CASE("wasm2c image: an instance that is reset is as a new one") {
  started from;
  module_instance one;
  REQUIRE(from.start->instantiate(one));
  auto* const base = one.memory.data;
  for (int round = 0; round != 3; ++round) {
    spoil(one);
    REQUIRE(from.start->reset(one));
    check_is_new(one);
    CHECK(one.memory.data == base);
  }
  CHECK(memory::grow(&one.memory, 2) == 4);
  CHECK((one.memory.data[4 * page] == 0 && one.memory.data[6 * page - 1] == 0));
  free_instance(one);
}

TEST_CASE("wasm2c image: without a slot there is an error, and nothing is lost") {
  started from(2);
  module_instance one, other;
  REQUIRE(from.start->instantiate(one));
  std::memset(&other, 0x55, sizeof other);
  const int tables = tables_alive;
  const auto refused = from.start->instantiate(other);
  REQUIRE(!refused);
  CHECK(refused.error().code == quire::errc::limit_exceeded);
  CHECK(tables_alive == tables);
  CHECK(other.count == 0x55555555);
  free_instance(one);
  REQUIRE(from.start->instantiate(other));
  check_is_new(other);
  free_instance(other);
}

TEST_CASE("wasm2c image: without memory for a table there is an error, and nothing is lost") {
  started from;
  module_instance one, other;
  REQUIRE(from.start->instantiate(one));
  spoil(one);
  const int tables = tables_alive;
  for (const int more : {0, 1}) {
    tables_allowed = tables + more;
    const auto refused = from.start->instantiate(other), reset = from.start->reset(one);
    const auto none = image::of(*pool, one);
    tables_allowed = 1000;
    REQUIRE((!refused && !reset && !none));
    CHECK(refused.error().code == quire::errc::out_of_memory);
    CHECK(reset.error().code == quire::errc::out_of_memory);
    CHECK(none.error().code == quire::errc::out_of_memory);
    CHECK(tables_alive == tables);
    CHECK(from.all().statistics().live == 2);
    CHECK((one.count == 6 && one.memory.pages == 6 && one.memory.data[0] == 0x77 && one.functions.size == 8));
  }
  REQUIRE(from.start->reset(one));
  check_is_new(one);
  free_instance(one);
}

TEST_CASE("wasm2c image: the first instance was not started from the image, and is not reset to it") {
  started from;
  const auto refused = from.start->reset(from.first);
  REQUIRE(!refused);
  CHECK(refused.error().code == quire::errc::invalid_argument);
  check_is_new(from.first);
}

TEST_CASE("wasm2c image: an instance of an instance, and a memory of zeros") {
  started from;
  module_instance one, zeros, other;
  REQUIRE(from.start->instantiate(one));
  one.count = 7;
  std::memset(one.memory.data, 0, one.memory.size);
  {
    auto second = image::of(*pool, one);
    REQUIRE(second);
    REQUIRE(second->instantiate(zeros));
    CHECK((zeros.count == 7 && zeros.memory.pages == 4 && zeros.memory.data[16] == 0));
    CHECK(is(zeros.functions.data[0], &zeros, own_function));
    std::memset(zeros.memory.data, 1, zeros.memory.size);
    REQUIRE(second->reset(zeros));
    CHECK((zeros.memory.data[0] == 0 && zeros.memory.data[4 * page - 1] == 0));
    free_instance(zeros);
  }
  REQUIRE(from.start->instantiate(other));
  check_is_new(other);
  free_instance(one);
  free_instance(other);
}
