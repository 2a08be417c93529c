// SPDX-License-Identifier: BSL-1.0
// wasm3 with the code of docs/other-engines.md: runtimes on Quire's memory, beside runtimes on wasm3's own.
#include <m3_env.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/process_maps.hpp"

void use_quire(IM3Runtime runtime);  // the page's

namespace quire::test {
namespace {

constexpr std::uint8_t growing[] = {
#include "growing.inc"
};
constexpr std::uint8_t empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};  // no more than the header of a module

constexpr std::uint32_t page = 65536;
constexpr std::uint32_t grow_failed = UINT32_MAX;

enum class memory_of { quire, wasm3 };

struct outcome {
  M3Result trap;
  std::uint32_t value;
  friend bool operator==(const outcome&, const outcome&) = default;
};
constexpr outcome value(std::uint32_t v) { return {nullptr, v}; }

// A runtime into which the module is loaded; if that failed, no call succeeds.
class instance {
 public:
  explicit instance(memory_of whose) {
    if (whose == memory_of::quire) use_quire(runtime_);
    load_module(growing);
  }
  ~instance() {
    m3_FreeRuntime(runtime_);
    m3_FreeEnvironment(environment_);
  }
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  M3Result load_module(std::span<const std::uint8_t> binary) {
    IM3Module parsed = nullptr;
    M3Result problem = m3_ParseModule(environment_, &parsed, binary.data(), static_cast<std::uint32_t>(binary.size()));
    if (problem != nullptr) return problem;
    problem = m3_LoadModule(runtime_, parsed);
    if (problem != nullptr) m3_FreeModule(parsed);
    return problem;
  }

  outcome call(const char* name, std::initializer_list<std::uint32_t> arguments) {
    IM3Function function = nullptr;
    if (const M3Result problem = m3_FindFunction(&function, runtime_, name)) return {problem, 0};
    std::vector<std::string> texts;
    std::vector<const char*> words;
    for (const std::uint32_t argument : arguments) texts.push_back(std::to_string(argument));
    for (const std::string& text : texts) words.push_back(text.c_str());
    const M3Result trap = m3_CallWithArgs(function, static_cast<std::uint32_t>(words.size()), words.data());
    return {trap, trap == nullptr ? *static_cast<const std::uint32_t*>(runtime_->stack) : 0};
  }
  std::uint32_t load(std::uint32_t at) { return call("load", {at}).value; }
  std::uint32_t grow(std::uint32_t pages) { return call("grow", {pages}).value; }
  bool store(std::uint32_t at, std::uint32_t byte) { return call("store", {at, byte}).trap == nullptr; }

  std::span<std::uint8_t> bytes() {
    std::uint32_t size = 0;
    std::uint8_t* const base = m3_GetMemory(runtime_, &size, 0);
    return {base, size};
  }
  bool is_on_quire() { return reinterpret_cast<std::uintptr_t>(bytes().data()) % page == 0; }

 private:
  IM3Environment environment_ = m3_NewEnvironment();
  IM3Runtime runtime_ = m3_NewRuntime(environment_, 65536, nullptr);
};

struct growth {
  instance guest;
  std::uint8_t* base = guest.bytes().data();
  std::vector<double> microseconds{};
  unsigned moves = 0, mistakes = 0;

  double median() {
    const auto middle = microseconds.begin() + static_cast<std::ptrdiff_t>(microseconds.size() / 2);
    std::nth_element(microseconds.begin(), middle, microseconds.end());
    return *middle;
  }
};

enum class guest_writes { nothing, every_page };

// Grows by the page of this number, and leaves a byte in it. With `every_page` the guest's writes are timed as well.
void grow_by_one(growth& g, std::uint32_t number, guest_writes writes) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint32_t before = g.guest.grow(1);
  if (writes == guest_writes::every_page && before == number)
    for (std::size_t i = 0; i < page; i += 4096) g.guest.bytes()[std::size_t{number} * page + i] = 1;
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  g.microseconds.push_back(took.count());
  g.mistakes += before != number || !g.guest.store(number * page + 7, number % 251);
  if (std::uint8_t* const now = g.guest.bytes().data(); now != g.base) {
    ++g.moves;
    g.base = now;
  }
}

void compare_growth(guest_writes writes, const char* what) {
  constexpr std::uint32_t times = 4000;
  growth ours{instance(memory_of::quire)}, theirs{instance(memory_of::wasm3)};
  for (std::uint32_t number = 1; number <= times; ++number) {  // each is the first in turn
    grow_by_one(number % 2 == 0 ? ours : theirs, number, writes);
    grow_by_one(number % 2 == 0 ? theirs : ours, number, writes);
  }
  for (growth* const g : {&ours, &theirs})
    for (std::uint32_t number = 1; number <= times; ++number)
      g->mistakes += g->guest.load(number * page + 7) != number % 251 || g->guest.load(number * page + 8) != 0;
  std::printf("%s, median in us: %.2f on Quire, %.2f by wasm3's realloc, which moved the memory %u times\n", what,
              ours.median(), theirs.median(), theirs.moves);
  CHECK(ours.mistakes == 0);
  CHECK(theirs.mistakes == 0);
  CHECK(ours.moves == 0);
  CHECK(ours.guest.bytes().size() == std::size_t{times + 1} * page);
  CHECK(std::equal(ours.guest.bytes().begin(), ours.guest.bytes().end(), theirs.guest.bytes().begin(),
                   theirs.guest.bytes().end()));
}

TEST_CASE("only the runtimes that are given Quire's memory have it", "[wasm3]") {
  instance ours(memory_of::quire), theirs(memory_of::wasm3);
  CHECK(ours.is_on_quire());
  CHECK(!theirs.is_on_quire());
  CHECK(ours.load(16) == 'q');
  CHECK(ours.bytes().size() == page);
}

TEST_CASE("a memory that grows 4,000 times stays where it is and keeps its contents", "[wasm3]") {
  compare_growth(guest_writes::nothing, "a growth by one page");
}

TEST_CASE("so does one that a guest writes to as it grows", "[wasm3]") {
  compare_growth(guest_writes::every_page, "with a write to each 4 KiB of it");
}

TEST_CASE("an access out of bounds traps, before and after growth", "[wasm3]") {
  instance ours(memory_of::quire), theirs(memory_of::wasm3);
  for (instance* const guest : {&ours, &theirs}) {
    CHECK(guest->call("load", {page - 1}) == value(0));
    CHECK(guest->call("load", {page}).trap == m3Err_trapOutOfBoundsMemoryAccess);
    CHECK(guest->call("load_word", {page - 3}).trap == m3Err_trapOutOfBoundsMemoryAccess);
    CHECK(guest->call("load_far", {1}).trap == m3Err_trapOutOfBoundsMemoryAccess);
    CHECK(guest->call("grow", {2}) == value(1));
    CHECK(guest->call("load", {page}) == value(0));
    CHECK(guest->call("load", {3 * page}).trap == m3Err_trapOutOfBoundsMemoryAccess);
  }
}

TEST_CASE("the host faults at the first byte behind the memory", "[wasm3]") {
  test_environment::run_isolated("beyond", [] {
    instance guest(memory_of::quire);
    test_environment::check(guest.grow(2) == 1, "the memory grows");
    const std::span<std::uint8_t> all = guest.bytes();
    const volatile std::uint8_t* const end = all.data() + all.size();
    test_environment::check(end[-1] == 0, "its last byte is accessible");
    const std::span<const std::byte> behind(reinterpret_cast<const std::byte*>(all.data()) + all.size(), 1);
    test_environment::expect_fault(behind, touch::read, fault::accerr, [=] { static_cast<void>(*end); });
  });
}

TEST_CASE("a growth that the system refuses returns -1 and changes nothing", "[wasm3]") {
  test_environment::run_isolated("with little memory", [] {
    instance guest(memory_of::quire);
    const std::uint8_t* const base = guest.bytes().data();
    rlimit before{};
    getrlimit(RLIMIT_DATA, &before);
    const rlimit little{rlim_t{1} << 20, before.rlim_max};
    setrlimit(RLIMIT_DATA, &little);
    const std::uint32_t refused = guest.grow(1000);
    setrlimit(RLIMIT_DATA, &before);
    test_environment::check(refused == grow_failed, "the growth is refused");
    test_environment::check(guest.bytes().size() == page && guest.load(16) == 'q', "the memory is as it was");
    test_environment::check(guest.grow(1000) == 1 && guest.bytes().data() == base, "with enough memory it grows");
  });
}

TEST_CASE("a request for less memory is refused", "[wasm3]") {
  instance ours(memory_of::quire), theirs(memory_of::wasm3);
  CHECK(ours.grow(3) == 1);
  CHECK(theirs.grow(3) == 1);
  CHECK(ours.grow(UINT32_MAX) == grow_failed);  // the sum wraps around
  CHECK(theirs.grow(UINT32_MAX) == 4);
  CHECK(ours.bytes().size() == 4 * page);
  CHECK(theirs.bytes().size() == 3 * page);
  CHECK(ours.load_module(empty) == m3Err_mallocFailed);  // a module without a memory asks for none
  CHECK(theirs.load_module(empty) == nullptr);
  CHECK(ours.load(16) == 'q');
  CHECK(theirs.call("load", {16}).trap == m3Err_trapOutOfBoundsMemoryAccess);
}

TEST_CASE("a runtime that ends gives its memory back", "[wasm3]") {
  const std::uint8_t* base = nullptr;
  {
    instance guest(memory_of::quire);
    base = guest.bytes().data();
    CHECK(mapping_at(base).begin != 0);
  }
  CHECK(mapping_at(base).begin == 0);
}

TEST_CASE("runtimes of several threads have memories of their own", "[wasm3]") {
  constexpr unsigned threads = 4, lives = 25;
  unsigned mistakes[threads] = {};
  std::vector<std::thread> running;
  for (unsigned& wrong : mistakes)
    running.emplace_back([&wrong] {
      for (std::uint32_t life = 1; life <= lives; ++life) {
        instance guest(memory_of::quire);
        wrong += guest.grow(life) != 1 || !guest.store(life * page + 1, life) || guest.load(life * page + 1) != life;
      }
    });
  for (std::thread& each : running) each.join();
  CHECK(std::count(std::begin(mistakes), std::end(mistakes), 0U) == threads);
}

}  // namespace
}  // namespace quire::test
