// SPDX-License-Identifier: BSL-1.0
// Wasmtime, the library itself, on Quire memory: what its modules do is what they do on its own memory.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <quire/engine/wasmtime.hpp>
#include <quire/engine/wasmtime_stacks.hpp>
#include <quire/pool.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/wasmtime/on_quire.hpp"

namespace quire::test {
namespace {

using quire::engine::wasmtime_memory, quire::engine::wasmtime_stacks;
namespace r = recycling;

/// Typedefs with whole index spaces, with guards alone, and with units that are not Wasmtime's.
using guarded = linux_allocator::with_protection<protection::guarded<65536, 33554432>>;
using in_blocks = linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>>;
using units_of_4k = linux_allocator::with_page_size<page_size::in_units_of<4096>>;
using units_of_1 = linux_allocator::with_page_size<page_size::in_units_of<1>>;

static_assert(wasmtime_memory<wasm_linux_allocator>::elides_checks);
static_assert(wasmtime_memory<small_index_space>::elides_checks);
static_assert(!wasmtime_memory<guarded>::elides_checks && !wasmtime_memory<in_blocks>::elides_checks);
static_assert(wasmtime_memory<small_index_space>::settings::reservation == std::uint64_t{1} << 32);
static_assert(wasmtime_memory<small_index_space>::settings::guard == std::uint64_t{1} << 25);
static_assert(wasmtime_memory<guarded>::settings::guard == 33554432);

constexpr std::int64_t wasm_page = 65536;

constexpr const char* of_32_bits = R"((module
  (memory (export "memory") 1 40000)
  (data (i32.const 100) "contents")
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "load32") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "load_far") (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0)))
  (func (export "load_near") (param i32) (result i32) (i32.load8_u offset=0x1fffff0 (local.get 0)))
  (func (export "load_vector") (param i32) (result i32) (i32x4.extract_lane 0 (v128.load (local.get 0))))
  (func (export "load_vector_far") (param i32) (result i32)
    (i32x4.extract_lane 0 (v128.load offset=0xffffffff (local.get 0))))
  (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))))";

/// Accesses at every bound of a memory that grows from one page to 40,000.
outcomes within_32_bits(wasm_engine_t* on) {
  const module from(on, of_32_bits);
  if (!from.problem().empty()) return {from.problem()};
  const instance i(on, from);
  if (!i.problem().empty()) return {i.problem()};
  outcomes all;
  const auto load = [&](std::int64_t at) { all.push_back(i.call("load8", {at})); };
  for (const std::int64_t at : {std::int64_t{100}, wasm_page - 1, wasm_page, std::int64_t{-1}}) load(at);
  for (const std::int64_t at : {wasm_page - 4, wasm_page - 3}) all.push_back(i.call("load32", {at}));
  for (const std::int64_t at : {0, 1, -1})
    for (const char* const how : {"load_far", "load_near", "load_vector_far"}) all.push_back(i.call(how, {at}));
  for (const std::int64_t at : {wasm_page - 16, wasm_page - 15}) all.push_back(i.call("load_vector", {at}));
  all.push_back(i.call("store8", {wasm_page - 1, 9}, WASMTIME_I32, 0));
  all.push_back(i.call("grow", {3}));
  for (const std::int64_t at : {wasm_page - 1, wasm_page, 4 * wasm_page - 1, 4 * wasm_page}) load(at);
  all.push_back(i.call("fill", {0, 4 * wasm_page + 1}, WASMTIME_I32, 0));
  all.push_back(i.call("fill", {0, 4 * wasm_page}, WASMTIME_I32, 0));
  for (const std::int64_t more : {39996, 1, 0}) all.push_back(i.call("grow", {more}));
  all.push_back(i.call("size", {}));
  all.push_back(i.call("store8", {40000 * wasm_page - 1, 3}, WASMTIME_I32, 0));
  for (const std::int64_t at : {40000 * wasm_page - 1, 40000 * wasm_page}) load(at);
  return all;
}

/// A memory that grows to all of a 32-bit index space, so that its last byte, at 4 GiB - 1, is accessible.
outcomes all_of_an_index_space(wasm_engine_t* on) {
  const module from(on, R"((module (memory 0)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "load32") (param i32) (result i32) (i32.load (local.get 0)))))");
  const instance i(on, from);
  if (!i.problem().empty()) return {i.problem()};
  outcomes all{i.call("load8", {0}), i.call("grow", {65536}), i.call("load8", {-1}), i.call("load32", {-3})};
  all.push_back(i.call("load32", {-4}));
  all.push_back(i.call("grow", {1}));
  return all;
}

outcomes within_64_bits(wasm_engine_t* on) {
  const module from(on, R"((module (memory i64 1 1000000)
    (func (export "load8") (param i64) (result i64) (i64.load8_u (local.get 0)))
    (func (export "load_far") (param i64) (result i64) (i64.load8_u offset=0xffffffffffff0000 (local.get 0)))
    (func (export "store8") (param i64 i64) (i64.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))))");
  const instance i(on, from);
  if (!i.problem().empty()) return {i.problem()};
  outcomes all;
  for (const std::int64_t at : {wasm_page - 1, wasm_page, std::int64_t{-1}, std::int64_t{1} << 40})
    all.push_back(i.call("load8", {at}, WASMTIME_I64));
  all.push_back(i.call("load_far", {wasm_page}, WASMTIME_I64));
  all.push_back(i.call("grow", {1}, WASMTIME_I64));
  all.push_back(i.call("store8", {2 * wasm_page - 1, 5}, WASMTIME_I64, 0));
  for (const std::int64_t at : {2 * wasm_page - 1, 2 * wasm_page}) all.push_back(i.call("load8", {at}, WASMTIME_I64));
  return all;
}

outcomes in_pages_of_one_byte(wasm_engine_t* on) {
  const module from(on, R"((module (memory 10 5000 (pagesize 1))
    (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))))");
  const instance i(on, from);
  if (!i.problem().empty()) return {i.problem()};
  outcomes all;
  std::int64_t size = 10;
  for (const std::int64_t more : {0, 4086, 1, 902, 1}) {
    all.push_back(i.call("grow", {more}));
    size += more;
    all.push_back(i.call("size", {}));
    for (const std::int64_t at : {size - 1, size, size + 1}) all.push_back(i.call("load8", {at}));
  }
  return all;
}

/// Lists of objects that a collector has to find again and again.
outcomes collected_objects(wasm_engine_t* on) {
  const module from(on, R"((module
    (type $node (struct (field i32) (field (ref null $node))))
    (func (export "run") (param $k i32) (result i32) (local $head (ref null $node)) (local $sum i32)
      (loop $next
        (local.set $head (struct.new $node (local.get $k)
          (if (result (ref null $node)) (i32.and (local.get $k) (i32.const 1023))
            (then (local.get $head)) (else (ref.null $node)))))
        (local.set $sum (i32.add (local.get $sum) (struct.get $node 0 (local.get $head))))
        (br_if $next (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (local.get $sum))))");
  if (!from.problem().empty()) return {from.problem()};
  const instance i(on, from);
  return {i.problem(), i.call("run", {30000})};
}

/// Four threads, each with a store of its own, count in one memory that the first module defines, and grow it.
outcomes shared_by_threads(wasm_engine_t* on) {
  const module definer(on, R"((module (memory (export "memory") 1 100 shared)
    (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 64) (local.get 0)))
    (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  const module user(on, R"((module (memory (import "a" "memory") 1 100 shared)
    (func (export "work") (param $n i32) (result i32)
      (loop $next
        (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (drop (memory.grow (i32.const 5)))
      (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1))))))");
  const instance i(on, definer);
  if (!i.problem().empty()) return {i.problem()};
  const wasmtime_extern_t memory = i.exported("memory");
  if (memory.kind != WASMTIME_EXTERN_SHAREDMEMORY) return {"the memory is not shared"};
  std::vector<std::string> seen(4);
  std::vector<std::thread> threads;
  for (std::string& mine : seen)
    threads.emplace_back([&] {
      const instance own(on, user, {memory});
      mine = own.problem().empty() ? own.call("work", {20000}) : own.problem();
    });
  for (std::thread& t : threads) t.join();
  seen.push_back(i.call("add", {0}));
  for (const std::int64_t at : {21 * wasm_page - 1, 21 * wasm_page}) seen.push_back(i.call("load8", {at}));
  seen.push_back(i.call("grow", {1000}));
  wasmtime_sharedmemory_delete(memory.of.sharedmemory);
  return seen;
}

bool tells(const std::string& message, const char* words) { return message.find(words) != std::string::npos; }

void expect_the_same(wasm_engine_t* quire) {
  const engine own = own_engine();
  check(within_32_bits(quire) == within_32_bits(own.get()), "a memory of 32 bits");
  check(all_of_an_index_space(quire) == all_of_an_index_space(own.get()), "a memory of 4 GiB");
  check(within_64_bits(quire) == within_64_bits(own.get()), "a memory of 64 bits");
  check(in_pages_of_one_byte(quire) == in_pages_of_one_byte(own.get()), "pages of one byte");
  check(collected_objects(quire) == collected_objects(own.get()), "a heap of collected objects");
  check(shared_by_threads(quire) == shared_by_threads(own.get()), "a memory that threads share");
}

TEST_CASE("the modules of this test do something", "[wasmtime][threads]") {
  with_wasmtime([] {
    const engine own = own_engine();
    const outcomes seen = within_32_bits(own.get());
    check(seen.size() == 32 && seen[0] == "99" && seen[2] == "out of bounds", "loads are in and out of bounds");
    check(collected_objects(own.get())[1] == "450015000", "the sum of the first 30,000 numbers");
    check(shared_by_threads(own.get())[4] == "80000", "four threads count");
  });
}

TEMPLATE_TEST_CASE("modules do on Quire memory what they do on Wasmtime's own", "[wasmtime]", wasm_linux_allocator,
                   small_index_space, guarded, linux_allocator, in_blocks, units_of_4k, units_of_1) {
  with_wasmtime([] {
    const engine on = engine_on<TestType>();
    expect_the_same(on.get());
    const module from(on.get(), of_32_bits);
    {
      const instance first(on.get(), from), second(on.get(), from);
      check(wasmtime_memory<TestType>::live() == 2, "the engine asks for memories");
    }
    check(wasmtime_memory<TestType>::live() == 0, "and gives them back");
  });
}

TEMPLATE_TEST_CASE("modules do on memories of a pool what they do on Wasmtime's own", "[wasmtime]", r::zero_dirty,
                   r::decommit, r::adaptive) {
  with_wasmtime([] {
    pool<small_index_space, TestType> slots;
    check(slots.open({.slots = 8, .maximum = pages{65536}}).has_value(), "open");
    {
      const engine on = engine_on(slots);
      for (int round = 0; round != 3; ++round) expect_the_same(on.get());
      const module from(on.get(), of_32_bits);
      const instance i(on.get(), from);
      const wasmtime_extern_t exported = i.exported("memory");
      const auto found = slots.find(wasmtime_memory_data(i.context(), &exported.of.memory));
      check(found && found->live && found->where == zone::accessible, "the pool finds it");
    }
    check(slots.statistics().live == 0 && slots.statistics().retired == 0, "every memory came back");
  });
}

TEST_CASE("a pool that has no more slots is an error for Wasmtime", "[wasmtime]") {
  with_wasmtime([] {
    pool<small_index_space, r::zero_dirty> slots;
    check(slots.open({.slots = 2, .maximum = pages{16}}).has_value(), "open");
    const engine on = engine_on(slots);
    const module from(on.get(), of_32_bits);
    const instance first(on.get(), from), second(on.get(), from);
    check(first.problem().empty() && second.problem().empty(), "two instances");
    check(tells(instance(on.get(), from).problem(), message(errc::limit_exceeded)), "and not a third");
    check(slots.statistics().refused == 1, "which is asked for once");
    check(first.call("grow", {15}) == "1" && first.call("grow", {1}) == "-1", "growth ends at the pool's maximum");
  });
}

TEST_CASE("instances of several threads live and die at once", "[wasmtime][threads]") {
  with_wasmtime([] {
    pool<small_index_space, r::zero_dirty> slots;
    check(slots.open({.slots = 6, .maximum = pages{64}}).has_value(), "open");
    const engine on = engine_on(slots);
    const module from(on.get(), of_32_bits);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int id = 0; id != 6; ++id)
      threads.emplace_back([&] {
        for (int round = 0; round != 100; ++round) {
          const instance i(on.get(), from);
          wrong += !i.problem().empty() || i.call("load8", {5000}) != "0" || i.call("load8", {100}) != "99";
          wrong += i.call("fill", {0, wasm_page}, WASMTIME_I32, 0) != "done" || i.call("grow", {3}) != "1";
          wrong += i.call("load8", {4 * wasm_page - 1}) != "0" || i.call("load8", {4 * wasm_page}) != "out of bounds";
        }
      });
    for (std::thread& t : threads) t.join();
    check(wrong == 0, "each sees its own memory");
    check(slots.statistics().live == 0, "every memory came back");
  });
}

TEST_CASE("settings that ask for more than the typedef keeps are an error", "[wasmtime]") {
  with_wasmtime([] {
    const engine on = engine_with([](wasm_config_t* config) {
      wasmtime_memory<guarded>::install(config);
      wasmtime_config_memory_guard_size_set(config, std::uint64_t{64} << 20);
    });
    const module from(on.get(), of_32_bits);
    check(tells(instance(on.get(), from).problem(), "memory_guard_size"), "the message names the setting");
    for (const std::uint64_t guard : {4096U, 65536U}) {
      const engine inexact = engine_with([=](wasm_config_t* config) {
        wasmtime_memory<in_blocks>::install(config);
        wasmtime_config_memory_guard_size_set(config, guard);
      });
      const module again(inexact.get(), of_32_bits);
      check(!instance(inexact.get(), again).problem().empty(), "also where pages behind the memory are accessible");
    }
  });
}

TEST_CASE("an engine with Wasmtime's own pool asks for no memories", "[wasmtime]") {
  with_wasmtime([] {
    const engine pooled = engine_with([](wasm_config_t* config) {
      wasmtime_memory<wasm_linux_allocator>::install(config);
      wasmtime_pooling_allocation_config_t* const pool = wasmtime_pooling_allocation_config_new();
      wasmtime_pooling_allocation_config_total_memories_set(pool, 4);
      wasmtime_pooling_allocation_strategy_set(config, pool);
      wasmtime_pooling_allocation_config_delete(pool);
    });
    const module from(pooled.get(), of_32_bits);
    const instance i(pooled.get(), from);
    check(i.problem().empty() && wasmtime_memory<wasm_linux_allocator>::live() == 0, "its instances live without");
  });
}

TEST_CASE("whichever system call fails Wasmtime sees an error and nothing stays mapped", "[wasmtime][fault]") {
  with_wasmtime([] {
    using A = small_index_space::with_backing<failing_store>;
    using injector = failing_store::calls::watcher;
    const engine on = engine_on<A>();
    const module from(on.get(), of_32_bits);
    std::size_t refused = 0, not_grown = 0;
    for (bool failed = true; failed;) {
      injector::forget();
      injector::arm({refused + not_grown, {ENOMEM}});
      {
        const instance i(on.get(), from);
        const std::string grown = i.problem().empty() ? i.call("grow", {3}) : "";
        failed = !injector::failed.empty();
        if (grown.empty()) {
          check(tells(i.problem(), "quire: no memory for an instance"), "the message is the adapter's");
          ++refused;
        } else {
          check(grown == (failed ? "-1" : "1"), "growth fails where its call does");
          check(i.call("load8", {100}) == "99", "contents are there");
          check(i.call("load8", {failed ? wasm_page : 4 * wasm_page}) == "out of bounds", "and end where they did");
          not_grown += failed;
        }
        injector::disarm();
      }
      check(injector::mapped.all().empty(), "nothing stays mapped");
    }
    check(refused >= 2 && not_grown >= 1, "calls have failed");
  });
}

// Stacks.

/// Calls itself so often, and returns the number.
constexpr const char* recursive = R"((module
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))))";

std::string call_asynchronously(const instance& i, std::int64_t depth) {
  const wasmtime_extern_t function = i.exported("down");
  const std::vector<wasmtime_val_t> given = instance::values({depth}, WASMTIME_I32);
  wasmtime_val_t result{};
  wasm_trap_t* trap = nullptr;
  wasmtime_error_t* error = nullptr;
  wasmtime_call_future_t* const future =
      wasmtime_func_call_async(i.context(), &function.of.func, given.data(), 1, &result, 1, &trap, &error);
  while (!wasmtime_call_future_poll(future)) {
  }
  wasmtime_call_future_delete(future);
  if (error != nullptr) return message_of(error);
  return trap != nullptr ? name_of(trap) : std::to_string(result.of.i32);
}
template <class Recycling>
engine engine_with_stacks(stack_pool<linux_allocator, Recycling>& stacks) {
  return engine_with([&](wasm_config_t* config) { wasmtime_stacks::install(config, stacks); });
}

TEMPLATE_TEST_CASE("asynchronous calls run on stacks of a pool", "[wasmtime][stacks]", r::none, r::zero_dirty) {
  with_wasmtime([] {
    stack_pool<linux_allocator, TestType> stacks;
    check(stacks.open({.stacks = 2, .bytes = std::size_t{2} << 20}).has_value(), "open");
    {
      const engine on = engine_with_stacks(stacks);
      const module from(on.get(), recursive);
      const instance i(on.get(), from), other(on.get(), from);
      for (int round = 0; round != 3; ++round) {
        check(call_asynchronously(i, 1000) == "1000", "a call of a thousand frames");
        check(call_asynchronously(other, 100) == "100", "and one of another store");
      }
      check(call_asynchronously(i, 100'000'000) == "trap 0", "a stack overflow is a trap");
      check(call_asynchronously(i, 10) == "10", "after which the next call runs");
    }
    check(stacks.live() == 0, "every stack came back");
  });
}

TEST_CASE("a pool whose stacks are too small or used up is an error for Wasmtime", "[wasmtime][stacks]") {
  with_wasmtime([] {
    stack_pool<linux_allocator, r::none> small, none_left;
    check(small.open({.stacks = 1, .bytes = 65536}) && none_left.open({.stacks = 1, .bytes = std::size_t{2} << 20}),
          "open");
    check(none_left.acquire().has_value(), "the only stack is taken");
    const engine on_small = engine_with_stacks(small), on_none = engine_with_stacks(none_left);
    const module from_small(on_small.get(), recursive), from_none(on_none.get(), recursive);
    const instance first(on_small.get(), from_small), second(on_none.get(), from_none);
    check(tells(call_asynchronously(first, 1), "smaller than async_stack_size"), "too small");
    check(tells(call_asynchronously(second, 1), message(errc::limit_exceeded)), "used up");
    check(small.live() == 0, "the small stack came back");
  });
}

}  // namespace
}  // namespace quire::test
