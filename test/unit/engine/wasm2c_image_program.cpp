// SPDX-License-Identifier: BSL-1.0
// A module translated by wasm2c whose instances start from an image: its code sees no difference to instances that
// wasm2c instantiates.
#include <cstdint>
#include <cstring>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include <quire/engine/wasm2c_image.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/wasm/instance_memory.hpp"
#include "support/wasm/try_call.h"
#include "tenant.h"

struct w2c_env {
  std::uint32_t number;
};
u32 w2c_env_number(w2c_env* host) { return host->number; }

namespace {

using quire::test::instance_memory;
using quire::test::instance_slots;
using quire::test::instances;
using quire::test::test_environment;

using image =
    quire::engine::wasm2c_image<instance_memory, instance_slots, &w2c_tenant::w2c_memory, &w2c_tenant::w2c_functions,
                                &w2c_tenant::w2c_things, &w2c_tenant::w2c_favourite, &w2c_tenant::w2c_imported>;

// An instance that is started and freed by hand, as C code would.
struct tenant : w2c_tenant {
  tenant() : w2c_tenant{} {}
  ~tenant() { wasm2c_tenant_free(this); }
};

// Runs in a child process, so that wabt's signal handlers stay out of the test program. `body` gets an image, and the
// instance that it was taken of.
template <class Body>
void expect(Body body, const std::source_location& where = std::source_location::current()) {
  test_environment::run_isolated("on wabt's runtime", [&] {
    wasm_rt_init();
    wasm2c_tenant_init_module();
    test_environment::check(instances.open({.slots = 16, .maximum = quire::pages{8}}).has_value(), "the pool opens");
    w2c_env host{0x01020304};
    tenant first;
    wasm2c_tenant_instantiate(&first, &host);
    const auto start = image::of(instances, first);
    test_environment::check(start && body(*start, first), "what this body says holds", where);
  });
}

bool same_state(w2c_tenant& one, w2c_tenant& other) {
  const auto place_in = [](const w2c_tenant& t, const wasm_rt_funcref_t& f) {
    return static_cast<const char*>(f.module_instance) - reinterpret_cast<const char*>(&t);
  };
  const auto bound_alike = [&](const wasm_rt_funcref_t& a, const wasm_rt_funcref_t& b) {
    return a.func == b.func && (a.module_instance == b.module_instance || place_in(one, a) == place_in(other, b));
  };
  bool same = one.w2c_memory.size == other.w2c_memory.size && one.w2c_count == other.w2c_count &&
              one.w2c_functions.size == other.w2c_functions.size && one.w2c_things.size == other.w2c_things.size &&
              bound_alike(one.w2c_favourite, other.w2c_favourite);
  for (std::uint32_t i = 0; same && i != one.w2c_functions.size; ++i)
    same = bound_alike(one.w2c_functions.data[i], other.w2c_functions.data[i]);
  return same && std::memcmp(one.w2c_memory.data, other.w2c_memory.data, one.w2c_memory.size) == 0 &&
         std::memcmp(one.w2c_things.data, other.w2c_things.data, one.w2c_things.size * sizeof(void*)) == 0;
}

// What the first instance is before anything was called.
bool is_new(w2c_tenant& one) {
  return w2c_tenant_pages(&one) == 2 && w2c_tenant_load(&one, 100) == 's' && w2c_tenant_load(&one, 70000) == 4 &&
         w2c_tenant_call(&one, 0) == 6 && w2c_tenant_call(&one, 1) == 7 && one.w2c_functions.data[3].func == nullptr &&
         one.w2c_functions.size == 4;
}

void spoil(w2c_tenant& one) {
  w2c_tenant_set_count(&one, 50);
  w2c_tenant_store(&one, 100, 'x');
  w2c_tenant_store(&one, 5000, 1);
  w2c_tenant_use_passive(&one);
  w2c_tenant_forget_functions(&one);
  w2c_tenant_grow_functions(&one, 5);
  w2c_tenant_grow(&one, 3);
  w2c_tenant_store(&one, 5 * 65536 - 1, 1);
  one.w2c_things.data[1] = &one;
}

void store(void* one, std::uint32_t at) { w2c_tenant_store(static_cast<w2c_tenant*>(one), at, 1); }
void call(void* one, std::uint32_t at) { w2c_tenant_call(static_cast<w2c_tenant*>(one), at); }
void use_passive(void* one, std::uint32_t) { w2c_tenant_use_passive(static_cast<w2c_tenant*>(one)); }

}  // namespace

// By a global; in a table from an element segment, wasm2c passes the host's function the place of the import, not it.
TEST_CASE("an instance calls the host that it was given where it keeps a function of it", "[wasm2c]") {
  expect([](const image& start, tenant&) {
    w2c_env other{9}, third{10};
    tenant one;
    if (!start.instantiate(one, std::pair(&w2c_tenant::w2c_env_instance, &other))) return false;
    const bool of_other = w2c_tenant_call_imported(&one) == 9 && one.w2c_env_instance == &other;
    if (!start.reset(one, std::pair(&w2c_tenant::w2c_env_instance, &third))) return false;
    const bool of_third = w2c_tenant_call_imported(&one) == 10 && one.w2c_env_instance == &third;
    if (!start.reset(one)) return false;
    return of_other && of_third && w2c_tenant_call_imported(&one) == 0x01020304;
  });
}

TEST_CASE("wasm2c image: the instances of a module see none of each other's bytes, globals and tables") {
  expect([](const image& start, w2c_tenant& first) {
    tenant one, other, later;
    if (!start.instantiate(one) || !start.instantiate(other) || !is_new(one) || !is_new(other)) return false;
    spoil(one);
    if (!is_new(other) || !is_new(first) || !start.instantiate(later) || !is_new(later)) return false;
    return same_state(other, first) && same_state(later, other);
  });
}

TEST_CASE("wasm2c image: a function in a table or a global is its own instance's") {
  expect([](const image& start, w2c_tenant& first) {
    tenant one, other;
    if (!start.instantiate(one) || !start.instantiate(other)) return false;
    w2c_tenant_set_count(&first, 1);
    w2c_tenant_set_count(&one, 2);
    w2c_tenant_set_count(&other, 3);
    const auto both = [](w2c_tenant& t) { return std::pair(w2c_tenant_call(&t, 0), w2c_tenant_call_favourite(&t)); };
    return both(first) == std::pair(1U, 1U) && both(one) == std::pair(2U, 2U) && both(other) == std::pair(3U, 3U);
  });
}

TEST_CASE("wasm2c image: an instance of a module that is reset equals a new one byte by byte") {
  expect([](const image& start, w2c_tenant&) {
    tenant one, other;
    if (!start.instantiate(one)) return false;
    for (int round = 0; round != 3; ++round) {
      spoil(one);
      if (!start.reset(one) || !is_new(one)) return false;
    }
    w2c_tenant_use_passive(&one);  // was dropped before the reset
    if (w2c_tenant_load(&one, 0) != 'p' || w2c_tenant_grow(&one, 6) != 2 || w2c_tenant_load(&one, 200000) != 0)
      return false;
    return start.reset(one) && start.instantiate(other) && same_state(one, other);
  });
}

TEST_CASE("wasm2c image: a trap in an instance leaves the others alone") {
  expect([](const image& start, w2c_tenant& first) {
    tenant one, other;
    if (!start.instantiate(one) || !start.instantiate(other)) return false;
    w2c_tenant_use_passive(&one);
    if (trap_of(store, &one, 2 * 65536) != WASM_RT_TRAP_OOB || trap_of(store, &one, 0xffffffff) != WASM_RT_TRAP_OOB ||
        trap_of(call, &one, 3) == WASM_RT_TRAP_NONE || trap_of(use_passive, &one, 0) != WASM_RT_TRAP_OOB)
      return false;
    return trap_of(use_passive, &other, 0) == WASM_RT_TRAP_NONE && start.reset(other) && is_new(other) &&
           is_new(first) && start.reset(one) && is_new(one);
  });
}

TEST_CASE("wasm2c image: without a slot no instance starts, and the others go on") {
  expect([](const image& start, w2c_tenant&) {
    std::vector<w2c_tenant> all(15);  // and the first
    for (w2c_tenant& each : all)
      if (!start.instantiate(each)) return false;
    w2c_tenant none{};
    const auto refused = start.instantiate(none);
    if (refused || refused.error().code != quire::errc::limit_exceeded || none.w2c_functions.data != nullptr)
      return false;
    for (w2c_tenant& each : all)
      if (!is_new(each)) return false;
    for (w2c_tenant& each : all) wasm2c_tenant_free(&each);
    return instances.statistics().live == 1;
  });
}

TEST_CASE("wasm2c image: a thousand instances in sequence find nothing of those before them") {
  expect([](const image& start, w2c_tenant&) {
    for (int i = 0; i != 1000; ++i) {
      tenant one;
      if (!start.instantiate(one) || !is_new(one)) return false;
      spoil(one);
    }
    return instances.statistics().recycled == 1000;
  });
}
