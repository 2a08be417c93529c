// SPDX-License-Identifier: BSL-1.0
// Modules that other compilers have made, from packages, on Wasmtime with Quire memory: their output, and every byte of
// their memory, is what it is on Wasmtime's own.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "support/catch/catch.hpp"
#include "support/wasmtime/guest.hpp"
#include "support/wasmtime/modules/argon2.hpp"
#include "support/wasmtime/modules/brotli.hpp"
#include "support/wasmtime/modules/cpython.hpp"
#include "support/wasmtime/modules/oxipng.hpp"
#include "support/wasmtime/modules/sql_js.hpp"
#include "support/wasmtime/on_quire.hpp"

namespace quire::test {
namespace {

using quire::engine::wasmtime_memory;
using slots = pool<small_index_space, recycling::zero_dirty>;

static_assert(wasmtime_memory<small_index_space>::elides_checks && wasmtime_memory<slots::memory>::elides_checks);
static_assert(!wasmtime_memory<linux_allocator>::elides_checks);

/// A file in the folder that the environment names: a module, or the reason why it cannot be had.
std::string contents(const guest_module& of, const char* extension) {
  const char* const folder = std::getenv("QUIRE_WASM_MODULES");
  if (folder == nullptr) return {};
  std::ifstream file(std::string(folder) + '/' + of.file + extension, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::vector<std::uint8_t> binary_of(const guest_module& of) {
  const std::string bytes = contents(of, ".wasm");
  return {bytes.begin(), bytes.end()};
}
std::string why_missing(const guest_module& of) {
  if (!binary_of(of).empty()) return {};
  const std::string reason = contents(of, ".missing");
  return reason.empty() ? std::string(of.file) + " is not in the folder QUIRE_WASM_MODULES" : reason;
}

/// The number by which two memories are compared (FNV-1a).
std::uint64_t digest(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 14695981039346656037U;
  for (const std::uint8_t each : bytes) number = (number ^ each) * 1099511628211U;
  return number;
}

/// What the work of a module came to: its result, and its memory afterwards; or why it failed.
template <class Work>
std::string outcome(wasm_engine_t* on, const module& from) {
  try {
    const guest module(on, from, Work::what);
    const std::string result = Work::work(module);
    const guest_memory memory = module.memory();
    // WASI gives a program the time and random numbers, which it keeps.
    const bool is_repeatable = Work::what.arguments.empty();
    return result + ", in " + std::to_string(memory.size()) + " bytes" +
           (is_repeatable ? " with " + std::to_string(digest(memory.all())) : "");
  } catch (const std::exception& failed) {
    return std::string("failed: ") + failed.what();
  }
}

TEMPLATE_TEST_CASE("modules from packages do on Quire memory what they do on Wasmtime's own", "[modules]", sql_js,
                   brotli, oxipng, argon2, cpython) {
  if (const std::string reason = why_missing(TestType::what); !reason.empty()) return skip(reason);
  with_wasmtime([] {
    const std::vector<std::uint8_t> binary = binary_of(TestType::what);
    const engine own = own_engine(TestType::what.set);
    const std::string expected = outcome<TestType>(own.get(), module(own.get(), binary));
    const auto expect_the_same = [&](const std::string& told, const char* what) {
      set_context("%.60s, not %.50s", told.c_str(), expected.c_str());
      check(told == expected, what);
    };
    set_context("%.100s", expected.c_str());
    check(expected.starts_with(TestType::right), "on Wasmtime's memory it is right");

    const engine without_checks = engine_on<small_index_space>(TestType::what.set);
    const engine with_checks = engine_on<linux_allocator>(TestType::what.set);
    const module from(without_checks.get(), binary);
    expect_the_same(outcome<TestType>(without_checks.get(), from), "without bounds checks");
    expect_the_same(outcome<TestType>(with_checks.get(), module(with_checks.get(), binary)), "with bounds checks");

    slots only_one;
    check(only_one.open({.slots = 1, .maximum = pages{65536}}).has_value(), "open");
    const engine pooled = engine_on(only_one, TestType::what.set);
    const module again(pooled.get(), from);
    for (int life = 0; life != 2; ++life)
      expect_the_same(outcome<TestType>(pooled.get(), again), "in a slot that is used again");
    check(only_one.statistics().live == 0 && only_one.statistics().refused == 0, "every memory came back");
  });
}

/// A module whose instances run in several threads.
struct shared_work {
  const guest_module* what;
  std::string (*outcome)(wasm_engine_t*, const module&);
};
constexpr shared_work all_shared[] = {{&sql_js::what, &outcome<sql_js>},
                                      {&brotli::what, &outcome<brotli>},
                                      {&oxipng::what, &outcome<oxipng>},
                                      {&argon2::what, &outcome<argon2>}};

std::vector<shared_work> present() {
  std::vector<shared_work> there;
  for (const shared_work& each : all_shared)
    if (why_missing(*each.what).empty()) there.push_back(each);
  return there;
}

TEST_CASE("six threads run modules from packages at once", "[modules][threads]") {
  if (present().size() < 2) return skip("fewer than two of the modules are there");
  with_wasmtime([] {
    slots memories;
    check(memories.open({.slots = 6, .maximum = pages{65536}}).has_value(), "open");
    {
      const engine on = engine_on(memories);
      const std::vector<shared_work> works = present();
      std::vector<std::unique_ptr<module>> modules;
      std::vector<std::string> expected;
      for (const shared_work& each : works) {
        modules.push_back(std::make_unique<module>(on.get(), binary_of(*each.what)));
        expected.push_back(each.outcome(on.get(), *modules.back()));
        check(!expected.back().starts_with("failed"), "one thread");
      }
      std::atomic<int> same = 0;
      std::vector<std::thread> threads;
      for (std::size_t id = 0; id != 6; ++id)
        threads.emplace_back([&, id] {
          for (std::size_t turn = id; turn != id + works.size(); ++turn) {
            const std::size_t which = turn % works.size();
            same += works[which].outcome(on.get(), *modules[which]) == expected[which];
          }
        });
      for (std::thread& t : threads) t.join();
      check(static_cast<std::size_t>(same) == 6 * works.size(), "each has the result of one thread");
    }
    check(memories.statistics().live == 0, "every memory came back");
  });
}

// Where accesses trap.

constexpr const char* out_of_bounds = R"((module
  (memory 1 10)
  (func $load (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.add (i32.const 1) (call $load (local.get 0))))
  (func (export "load_far") (param i32) (result i32) (i32.load offset=0xfffffff0 (local.get 0)))
  (func (export "second") (param i32) (result i32)
    (drop (i32.load (i32.const 8)))
    (i32.load (local.get 0)))
  (func (export "in_a_loop") (param i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load16_u (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 4096)))
      (br $next))
    (local.get $sum))
  (func (export "store") (param i32) (result i32)
    (i64.store (i32.const 0) (i64.const 1))
    (i64.store offset=4 (local.get 0) (i64.const 1))
    (i32.const 0))
  (func (export "vector") (param i32) (result i32)
    (i32x4.extract_lane 0 (v128.load offset=65000 (local.get 0))))
  (func (export "fill") (param i32) (result i32)
    (memory.fill (local.get 0) (i32.const 7) (i32.const 65536)) (i32.const 0))
  (func (export "copy") (param i32) (result i32)
    (memory.copy (i32.const 0) (local.get 0) (i32.const 100)) (i32.const 0))
  (func (export "grown") (param i32) (result i32)
    (drop (memory.grow (i32.const 3)))
    (i32.store8 (i32.const 262143) (i32.const 1))
    (i32.load8_u (local.get 0)))))";

/// The code of the trap in which a call ends, its function, and its place in the module.
std::string place_of_trap(const instance& i, std::string_view name, std::int64_t argument) {
  const wasmtime_extern_t function = i.exported(name);
  const std::vector<wasmtime_val_t> given = instance::values({argument}, WASMTIME_I32);
  wasmtime_val_t result{};
  wasm_trap_t* trap = nullptr;
  const std::string error =
      message_of(wasmtime_func_call(i.context(), &function.of.func, given.data(), 1, &result, 1, &trap));
  if (trap == nullptr) return "no trap: " + error;
  wasm_frame_t* const frame = wasm_trap_origin(trap);
  const std::string place = frame == nullptr ? " nowhere"
                                             : " in function " + std::to_string(wasm_frame_func_index(frame)) + " at " +
                                                   std::to_string(wasm_frame_module_offset(frame));
  if (frame != nullptr) wasm_frame_delete(frame);
  return name_of(trap) + place;
}

outcomes places_of_traps(wasm_engine_t* on, const module& from) {
  if (!from.problem().empty()) return {from.problem()};
  outcomes all;
  for (const char* const name : {"load", "load_far", "second", "in_a_loop", "store", "vector", "fill", "copy", "grown"})
    for (const std::int64_t address : {std::int64_t{4 * 65536}, std::int64_t{1} << 31, std::int64_t{-1}}) {
      const instance i(on, from);
      all.push_back(i.problem().empty() ? place_of_trap(i, name, address) : i.problem());
    }
  return all;
}

TEST_CASE("an access out of bounds traps on Quire memory where it does on Wasmtime's own", "[modules]") {
  with_wasmtime([] {
    const auto places = [](const engine& on) { return places_of_traps(on.get(), module(on.get(), out_of_bounds)); };
    const outcomes expected = places(own_engine());
    const std::set<std::string> different(expected.begin(), expected.end());
    check(expected.size() == 27 && different.size() == 9, "each of nine accesses has a place of its own");
    for (const std::string& each : different)
      check(each.starts_with("out of bounds in function "), "which is out of bounds");
    check(places(engine_on<small_index_space>()) == expected, "without bounds checks");
    check(places(engine_on<linux_allocator>()) == expected, "with bounds checks");
    slots memories;
    check(memories.open({.slots = 1, .maximum = pages{10}}).has_value(), "open");
    check(places(engine_on(memories)) == expected, "in a slot");
  });
}

}  // namespace
}  // namespace quire::test
