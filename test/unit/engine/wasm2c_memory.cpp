// SPDX-License-Identifier: BSL-1.0
// The adapter as the code of wasm2c calls it, compiled against the wabt header that the build puts first: the
// distribution's, or ours with the declarations of later releases.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/residency/populated.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_calls.hpp"
#include "support/process/child.hpp"
#include "support/wasm/instance_memory.hpp"

namespace {

using quire::test::instance_allocator;
using quire::test::instance_memory;
using quire::test::test_environment;

constexpr auto grow_failed = std::numeric_limits<instance_memory::page_count>::max();
// 1.0.32 counts the bytes of a memory in 32 bits, so the last of 65,536 pages is out of reach.
constexpr std::uint64_t largest = sizeof(wasm_rt_memory_t::size) == 4 ? 65535 : 65536;

instance_allocator eight_pages() noexcept { return instance_allocator{quire::limits{quire::pages{8}}}; }
using limited_memory = quire::engine::wasm2c_memory<instance_allocator, eight_pages>;

// A template, so that fields of some releases only can be tested for.
template <class Memory>
void check_later_fields(const Memory& memory) {
  const std::size_t reserved = instance_memory::find(&memory)->reserved();
  CHECK(reserved >= std::size_t{8} << 30);
  if constexpr (requires { memory.data_end; }) CHECK(memory.data_end == memory.data + reserved);
  if constexpr (requires { memory.page_size; }) CHECK(memory.page_size == 65536);
  if constexpr (requires { memory.is64; }) CHECK_FALSE(memory.is64);
}

template <class Memory>
constexpr bool has_page_size = requires(Memory memory) { memory.page_size; };
template <class Memory>
constexpr bool has_is64 = requires(Memory memory) { memory.is64; };

bool all_zero(const wasm_rt_memory_t& memory, std::size_t from) {
  return std::all_of(memory.data + from, memory.data + memory.size, [](std::uint8_t byte) { return byte == 0; });
}

// Returns whether a memory is zero, grows and is freed: it shows nothing that another left behind.
bool live_once() {
  wasm_rt_memory_t memory{};
  instance_memory::allocate(&memory, 1, 16);
  const bool well = instance_memory::grow(&memory, 1) == 1 && memory.size == 2 * 65536 && all_zero(memory, 0);
  memory.data[memory.size - 1] = 1;
  instance_memory::free(&memory);
  return well && memory.data == nullptr;
}

// A memory with garbage in its fields, as an instance on the stack has.
wasm_rt_memory_t dirty_memory() {
  std::array<unsigned char, sizeof(wasm_rt_memory_t)> dirt{};
  dirt.fill(1);
  wasm_rt_memory_t memory;
  std::memcpy(&memory, dirt.data(), sizeof memory);
  return memory;
}

}  // namespace

TEST_CASE("wasm2c memory: allocate fills in every field") {
  wasm_rt_memory_t memory = dirty_memory();
  instance_memory::allocate(&memory, 2, 5);
  CHECK(memory.data != nullptr);
  CHECK(memory.pages == 2);
  CHECK(memory.max_pages == 5);
  CHECK(memory.size == 2 * 65536);
  check_later_fields(memory);
  CHECK(all_zero(memory, 0));
  instance_memory::free(&memory);
}

TEST_CASE("wasm2c memory: grow keeps base and contents and adds zeros") {
  wasm_rt_memory_t memory{};
  instance_memory::allocate(&memory, 2, 5);
  auto* const base = memory.data;
  std::fill_n(memory.data, memory.size, std::uint8_t{0xff});

  CHECK(instance_memory::grow(&memory, 0) == 2);
  CHECK(instance_memory::grow(&memory, 2) == 2);
  CHECK(memory.pages == 4);
  CHECK(memory.size == 4 * 65536);
  CHECK(memory.data == base);
  CHECK(std::all_of(memory.data, memory.data + 2 * 65536, [](std::uint8_t byte) { return byte == 0xff; }));
  CHECK(all_zero(memory, 2 * 65536));

  SECTION("beyond the maximum fails and changes nothing") {
    for (const std::uint64_t more :
         {std::uint64_t{2}, std::uint64_t{65536}, std::uint64_t{0xffffffff}, std::numeric_limits<std::uint64_t>::max()})
      CHECK(instance_memory::grow(&memory, more) == grow_failed);
    CHECK(memory.pages == 4);
    CHECK(memory.size == 4 * 65536);
    CHECK(instance_memory::grow(&memory, 1) == 4);
  }
  instance_memory::free(&memory);
}

TEST_CASE("wasm2c memory: an empty memory has a base and can grow") {
  wasm_rt_memory_t memory{};
  instance_memory::allocate(&memory, 0, 1);
  CHECK(memory.data != nullptr);
  CHECK(memory.size == 0);
  CHECK(instance_memory::grow(&memory, 1) == 0);
  memory.data[65535] = 1;
  instance_memory::free(&memory);
}

TEST_CASE("wasm2c memory: growth ends at the largest size that the release can describe") {
  wasm_rt_memory_t memory{};
  instance_memory::allocate(&memory, 1, 65536);
  CHECK(memory.max_pages == 65536);
  CHECK(instance_memory::grow(&memory, largest - 1) == 1);
  CHECK(memory.pages == largest);
  CHECK(memory.size == largest * 65536);
  memory.data[std::uint64_t{memory.size} - 1] = 1;
  CHECK(instance_memory::grow(&memory, 1) == grow_failed);
  instance_memory::free(&memory);
}

// Memories that the compiled code checks, over allocators whose bases may be near each other.
using checked_memory = quire::engine::wasm2c_checked_memory<quire::linux_allocator>;
using both =
    quire::engine::wasm2c_memory<instance_allocator, &quire::engine::make_default<instance_allocator>, checked_memory>;

TEST_CASE("wasm2c memory: pages of any size grow to the byte") {
  if constexpr (!has_page_size<wasm_rt_memory_t>) return quire::test::skip("this release of wasm2c has none");
  for (const std::uint32_t page : {1U, 1000U, 4096U, 131072U}) {
    wasm_rt_memory_t memory = dirty_memory();
    both::allocate(&memory, 10, 2000, false, page);
    CHECK((memory.pages == 10 && memory.size == 10 * page && memory.max_pages == 2000));
    CHECK(both::find(&memory) == nullptr);
    REQUIRE(checked_memory::find(&memory) != nullptr);
    std::fill_n(memory.data, memory.size, std::uint8_t{0xff});
    CHECK(both::grow(&memory, 990) == 10);
    CHECK((memory.pages == 1000 && memory.size == 1000 * page));
    CHECK(all_zero(memory, 10 * page));
    CHECK(both::grow(&memory, 1001) == grow_failed);
    CHECK(both::grow(&memory, 1000) == 1000);
    CHECK(both::grow(&memory, std::numeric_limits<std::uint64_t>::max()) == grow_failed);
    CHECK(both::grow(&memory, 0) == 2000);
    CHECK(checked_memory::find(&memory)->size() >= memory.size);
    both::free(&memory);
    CHECK((memory.data == nullptr && memory.size == 0));
  }
}

// As many calls as sizes that the allocator had.
template <class Memory>
std::size_t calls_of_growth(wasm_rt_memory_t& memory, int steps) {
  std::size_t calls = 0, before = Memory::find(&memory)->size();
  for (int i = 0; i != steps; ++i) {
    REQUIRE(Memory::grow(&memory, 1) != grow_failed);
    const std::size_t now = Memory::find(&memory)->size();
    CHECK((now >= memory.size && all_zero(memory, memory.size - 65536)));
    calls += now != before;
    before = now;
  }
  return calls;
}

TEST_CASE("wasm2c memory: where code checks the bounds, growth commits as much again, and at most 1 MiB more") {
  wasm_rt_memory_t memory{};
  checked_memory::allocate(&memory, 1, 200);
  CHECK(checked_memory::find(&memory)->size() == memory.size);
  CHECK(calls_of_growth<checked_memory>(memory, 1) == 1);
  CHECK(checked_memory::find(&memory)->size() == 4 * 65536);
  CHECK(calls_of_growth<checked_memory>(memory, 98) == 7);  // to 10, 22, 39, 56, 73, 90 and 107 pages
  CHECK(checked_memory::find(&memory)->size() - memory.size <= std::size_t{1} << 20);
  CHECK(calls_of_growth<checked_memory>(memory, 100) == 6);
  CHECK(checked_memory::find(&memory)->size() == 200 * 65536);
  CHECK(checked_memory::grow(&memory, 1) == grow_failed);
  checked_memory::free(&memory);
}

TEST_CASE("wasm2c memory: where the hardware checks the bounds, or growth brings pages in, no more is committed") {
  using populated = quire::linux_allocator::with_residency<quire::residency::populated>;
  using populated_memory = quire::engine::wasm2c_checked_memory<populated>;
  wasm_rt_memory_t memory{}, present{};
  instance_memory::allocate(&memory, 1, 20);
  CHECK(calls_of_growth<instance_memory>(memory, 10) == 10);
  CHECK(instance_memory::find(&memory)->size() == memory.size);
  populated_memory::allocate(&present, 1, 20);
  CHECK(calls_of_growth<populated_memory>(present, 10) == 10);
  CHECK(populated_memory::find(&present)->size() == present.size);
  instance_memory::free(&memory);
  populated_memory::free(&present);
}

TEST_CASE("wasm2c memory: what cannot be committed ahead is committed as it is needed") {
  using injector = quire::test::failure_injector<void>;
  using calls = quire::test::failing_calls<quire::calls::linux_kernel>;
  using failing = quire::linux_allocator::with_backing<quire::backing::linux_mmap<calls>>;
  using failing_memory = quire::engine::wasm2c_checked_memory<failing>;
  wasm_rt_memory_t memory{};
  injector::forget();
  failing_memory::allocate(&memory, 1, 20);
  injector::arm({0, {.code = ENOMEM}});
  CHECK(failing_memory::grow(&memory, 1) == 1);
  CHECK(failing_memory::find(&memory)->size() == 2 * 65536);
  const std::size_t last = injector::made.size() - 1;  // the first call is undone
  injector::arm({0, {.code = ENOMEM}}, {last, {.code = ENOMEM}});
  CHECK(failing_memory::grow(&memory, 1) == grow_failed);
  CHECK((memory.pages == 2 && failing_memory::find(&memory)->size() == 2 * 65536));
  injector::disarm();
  CHECK(failing_memory::grow(&memory, 1) == 2);
  failing_memory::free(&memory);
  injector::forget();
}

TEST_CASE("wasm2c memory: a 64-bit index reaches what the allocator has") {
  if constexpr (!has_is64<wasm_rt_memory_t>) return quire::test::skip("this release of wasm2c has none");
  wasm_rt_memory_t memory = dirty_memory();
  both::allocate(&memory, 1, std::uint64_t{1} << 48, true);
  CHECK((memory.pages == 1 && memory.size == 65536));
  CHECK(both::grow(&memory, std::uint64_t{1} << 47) == grow_failed);
  CHECK(both::grow(&memory, std::numeric_limits<std::uint64_t>::max()) == grow_failed);
  CHECK(both::grow(&memory, 65535) == 1);
  CHECK(memory.size == std::uint64_t{65536} * 65536);
  memory.data[std::uint64_t{memory.size} - 1] = 1;
  CHECK(both::grow(&memory, 1) == grow_failed);
  both::free(&memory);
}

TEST_CASE("wasm2c memory: thousands of checked memories lie side by side") {
  std::vector<wasm_rt_memory_t> memories(3000);
  for (auto& memory : memories) checked_memory::allocate(&memory, 1, 1);
  for (const auto& memory : memories) {
    REQUIRE(checked_memory::find(&memory) != nullptr);
    CHECK(checked_memory::find(&memory)->data() == reinterpret_cast<const std::byte*>(memory.data));
  }
  for (auto& memory : memories) checked_memory::free(&memory);
}

TEST_CASE("wasm2c memory: threads grow a shared memory while others read it", "[threads]") {
  wasm_rt_memory_t memory{};
  void* const shared = &memory;
  if constexpr (has_page_size<wasm_rt_memory_t>)
    both::allocate_shared(shared, 1, 1000, false, 65536);
  else
    both::allocate(&memory, 1, 1000);
  std::array<std::atomic<int>, 1001> seen{};
  std::array<std::thread, 4> threads;
  for (auto& thread : threads)
    thread = std::thread([&] {
      for (;;) {
        const auto before = both::grow_shared(shared, 1);
        if (before == grow_failed) break;
        ++seen[before];
        memory.data[std::size_t{before} * 65536] = 1;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(std::all_of(seen.begin() + 1, seen.end() - 1, [](const std::atomic<int>& times) { return times == 1; }));
  CHECK((memory.pages == 1000 && memory.size == 1000 * 65536));
  both::free_shared(shared);
}

using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_dirty>;
slots& pooled() {
  static slots all;
  return all;
}
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  return pooled().acquire(initial, maximum);
}
using pooled_memory = quire::engine::wasm2c_checked_memory<slots::memory, take>;

TEST_CASE("wasm2c memory: memories of a pool come back and are zero for the next") {
  REQUIRE(pooled().open({.slots = 2, .maximum = quire::pages{16}}));
  for (int round = 0; round != 3; ++round) {
    wasm_rt_memory_t memory{}, other{};
    pooled_memory::allocate(&memory, 1, 100);
    pooled_memory::allocate(&other, 2, 2);
    CHECK(all_zero(memory, 0));
    CHECK(pooled_memory::grow(&memory, 15) == 1);
    CHECK(all_zero(memory, 0));
    CHECK(pooled_memory::grow(&memory, 1) == grow_failed);  // the pool's maximum
    std::fill_n(memory.data, memory.size, std::uint8_t{0xff});
    pooled_memory::free(&memory);
    pooled_memory::free(&other);
  }
  CHECK(pooled().statistics().live == 0);
  CHECK(pooled().close());
}

TEST_CASE("wasm2c memory: without a maximum the limit of the user's allocator applies") {
  wasm_rt_memory_t memory{};
  limited_memory::allocate(&memory, 1, 0xffffffff);
  CHECK(limited_memory::grow(&memory, 7) == 1);
  CHECK(limited_memory::grow(&memory, 1) == grow_failed);
  CHECK(memory.pages == 8);
  limited_memory::free(&memory);
}

TEST_CASE("wasm2c memory: free releases everything and a second free does nothing") {
  test_environment::expect_no_trace(live_once);

  wasm_rt_memory_t memory{};
  instance_memory::free(&memory);
  instance_memory::allocate(&memory, 1, 1);
  instance_memory::free(&memory);
  CHECK(memory.data == nullptr);
  CHECK(memory.size == 0);
  instance_memory::free(&memory);
}

TEST_CASE("wasm2c memory: each of many memories has its own allocator") {
  std::vector<wasm_rt_memory_t> memories(64);
  std::uint64_t pages = 0;
  for (auto& memory : memories) instance_memory::allocate(&memory, ++pages, 100);
  for (const auto& memory : memories) {
    const auto* const owner = instance_memory::find(&memory);
    REQUIRE(owner != nullptr);
    CHECK(owner->data() == reinterpret_cast<const std::byte*>(memory.data));
    CHECK(owner->size() == memory.size);
  }
  for (auto& memory : memories) instance_memory::free(&memory);
}

TEST_CASE("wasm2c memory: threads with a memory each need no lock", "[threads]") {
  std::atomic<int> lived_well = 0;
  std::array<std::thread, 4> threads;
  for (auto& thread : threads)
    thread = std::thread([&] {
      for (int i = 0; i < 250; ++i) lived_well += live_once() ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  CHECK(lived_well == 1000);
}

namespace {

// Returns whether `body` ends its process by abort; checks that stderr contains the words.
template <class Body>
bool is_refused(std::string_view words, Body body) {
  std::string said;
  const auto end = quire::test::run_in_child(body, &said);
  INFO(said);
  CHECK(said.find(words) != std::string::npos);
  return end.signal == SIGABRT;
}

}  // namespace

TEST_CASE("wasm2c memory: a request that cannot be served aborts with a message") {
  CHECK(is_refused("wasm2c memory of 3 pages: this release of wasm2c has none of this kind", [] {
    wasm_rt_memory_t memory{};
    instance_memory::allocate(&memory, 3, 5, false, has_page_size<wasm_rt_memory_t> ? 0 : 1);
  }));
  CHECK(is_refused("cannot describe so large a memory", [] {
    wasm_rt_memory_t memory{};
    instance_memory::allocate(&memory, largest + 1, largest + 1);
  }));
  CHECK(is_refused("beyond the maximum or the limits (plan", [] {
    wasm_rt_memory_t memory{};
    limited_memory::allocate(&memory, 9, 10);
  }));
  CHECK(is_refused("did not allocate", [] {
    wasm_rt_memory_t memory{};
    std::uint8_t foreign = 0;
    memory.data = &foreign;
    instance_memory::grow(&memory, 1);
  }));
}
