// SPDX-License-Identifier: BSL-1.0
// A module translated by wasm2c, on the runtime of wabt with its memory functions replaced by Quire's: the hardware
// checks bounds, and wabt's own handler turns a fault into a trap.
#include <cstdint>
#include <limits>
#include <source_location>
#include <vector>

#include "probe.h"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/wasm/instance_memory.hpp"
#include "support/wasm/try_call.h"

namespace {

using quire::test::instance_memory;
using quire::test::test_environment;

constexpr std::uint32_t page = 65536;
constexpr auto grow_failed = std::numeric_limits<std::uint32_t>::max();

// An instance of the module, in a process whose runtime is initialised.
class instance {
 public:
  instance() { wasm2c_probe_instantiate(&module_); }
  ~instance() { wasm2c_probe_free(&module_); }
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;
  operator w2c_probe*() { return &module_; }
  operator void*() { return &module_; }

 private:
  w2c_probe module_{};
};

// Runs in a child process, so that wabt's signal handlers stay out of the test program.
template <class Body>
void with_runtime(Body body) {
  test_environment::run_isolated("on wabt's runtime", [&] {
    wasm_rt_init();
    wasm2c_probe_init_module();
    body();
  });
}

// Expects `touch` at `at` to raise `expected`, in a module whose memory has grown by `grown_by` pages.
void expect_trap(wasm_rt_trap_t expected, void (*touch)(void*, std::uint32_t), std::uint32_t at,
                 std::uint32_t grown_by = 0, const std::source_location& where = std::source_location::current()) {
  with_runtime([&] {
    instance probe;
    test_environment::check(w2c_probe_grow(probe, grown_by) == 1, "the memory grows", where);
    test_environment::check(trap_of(touch, probe, at) == expected, "this access raises this trap", where);
  });
}

w2c_probe* of(void* probe) { return static_cast<w2c_probe*>(probe); }
void load(void* probe, std::uint32_t at) { w2c_probe_load(of(probe), at); }
void load_word(void* probe, std::uint32_t at) { w2c_probe_load_word(of(probe), at); }
void load_far(void* probe, std::uint32_t at) { w2c_probe_load_far(of(probe), at); }
void load_farthest(void* probe, std::uint32_t) { w2c_probe_load_farthest(of(probe)); }
void store(void* probe, std::uint32_t at) { w2c_probe_store(of(probe), at, 1); }
void fill(void* probe, std::uint32_t count) { w2c_probe_fill(of(probe), 0, 7, count); }

template <class Body>
void expect(Body body, const std::source_location& where = std::source_location::current()) {
  with_runtime([&] { test_environment::check(body(), "what this body says holds", where); });
}

}  // namespace

TEST_CASE("wasm2c program: the module runs on Quire memory") {
  expect([] {
    instance probe;
    const auto* const owner = instance_memory::find(w2c_probe_memory(probe));
    return owner != nullptr && owner->size() == page && owner->reserved() >= std::uint64_t{8} << 30 &&
           w2c_probe_load(probe, 16) == 'q' && w2c_probe_load(probe, 20) == 'e' && w2c_probe_pages(probe) == 1;
  });
}

TEST_CASE("wasm2c program: an access within bounds does not trap") {
  expect_trap(WASM_RT_TRAP_NONE, load, 0);
  expect_trap(WASM_RT_TRAP_NONE, load, page - 1);
  expect_trap(WASM_RT_TRAP_NONE, load_word, page - 4);
  expect_trap(WASM_RT_TRAP_NONE, store, page - 1);
  expect_trap(WASM_RT_TRAP_NONE, fill, page);
}

TEST_CASE("wasm2c program: an access out of bounds traps as out of bounds") {
  expect_trap(WASM_RT_TRAP_OOB, load, page);
  expect_trap(WASM_RT_TRAP_OOB, store, page);
  expect_trap(WASM_RT_TRAP_OOB, load_word, page - 3);
  expect_trap(WASM_RT_TRAP_OOB, load, 0x7fffffff);
  expect_trap(WASM_RT_TRAP_OOB, load, 0xffffffff);
  expect_trap(WASM_RT_TRAP_OOB, store, 0xffffffff);
  expect_trap(WASM_RT_TRAP_OOB, load_far, 0);
  expect_trap(WASM_RT_TRAP_OOB, load_far, 0xffffffff);
  expect_trap(WASM_RT_TRAP_OOB, load_farthest, 0);
  expect_trap(WASM_RT_TRAP_OOB, fill, page + 1);
}

TEST_CASE("wasm2c program: growth moves the bound") {
  expect_trap(WASM_RT_TRAP_NONE, load, page, 1);
  expect_trap(WASM_RT_TRAP_NONE, store, 2 * page - 1, 1);
  expect_trap(WASM_RT_TRAP_OOB, store, 2 * page, 1);
  expect_trap(WASM_RT_TRAP_NONE, fill, 4 * page, 3);
  expect_trap(WASM_RT_TRAP_OOB, load, 4 * page, 3);
}

TEST_CASE("wasm2c program: growth is zero and keeps contents and ends at the module's maximum") {
  expect([] {
    instance probe;
    w2c_probe_store(probe, page - 1, 9);
    bool right = w2c_probe_grow(probe, 4) == grow_failed && w2c_probe_grow(probe, 0xffffffff) == grow_failed;
    right = right && w2c_probe_pages(probe) == 1 && w2c_probe_grow(probe, 3) == 1 && w2c_probe_pages(probe) == 4;
    right = right && w2c_probe_grow(probe, 1) == grow_failed && w2c_probe_load(probe, page - 1) == 9;
    for (std::uint32_t at = page; right && at < 4 * page; at += 4) right = w2c_probe_load_word(probe, at) == 0;
    return right;
  });
}

TEST_CASE("wasm2c program: a stray write leaves nothing behind for growth to find") {
  expect([] {
    instance probe;
    if (trap_of(store, probe, page + 5) != WASM_RT_TRAP_OOB) return false;
    return w2c_probe_grow(probe, 1) == 1 && w2c_probe_load(probe, page + 5) == 0;
  });
}

TEST_CASE("wasm2c program: a trap in one instance leaves the others alone") {
  expect([] {
    instance one, other;
    w2c_probe_store(other, 100, 42);
    return trap_of(store, one, page) == WASM_RT_TRAP_OOB && w2c_probe_load(other, 100) == 42 &&
           w2c_probe_grow(one, 1) == 1 && w2c_probe_pages(other) == 1;
  });
}

TEST_CASE("wasm2c program: a thousand instances in sequence and 64 at once keep their contents") {
  expect([] {
    for (int i = 0; i < 1000; ++i) {
      instance probe;
      if (w2c_probe_load(probe, 0) != 0 || w2c_probe_grow(probe, 3) != 1) return false;
      w2c_probe_store(probe, 0, 1);
      w2c_probe_store(probe, 4 * page - 1, 1);
    }
    return true;
  });
  expect([] {
    std::vector<instance> many(64);
    for (auto& probe : many) w2c_probe_store(probe, 0, static_cast<std::uint32_t>(&probe - many.data()));
    for (auto& probe : many)
      if (w2c_probe_load(probe, 0) != static_cast<std::uint32_t>(&probe - many.data())) return false;
    return true;
  });
}
