// SPDX-License-Identifier: BSL-1.0
// A registry of many memories: which one an address belongs to, also in a signal handler and beside other threads.
#include <array>
#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include <quire/classify_fault.hpp>
#include <quire/memory_registry.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {
namespace {

using unguarded = linux_allocator::with_protection<protection::unguarded>;
using in_small_pages = linux_allocator::with_page_size<page_size::in_units_of<4096>>;

static_assert(tells_zones<memory_registry<1>> && !std::is_copy_constructible_v<memory_registry<1>>);
constinit memory_registry<600> at_start;

/// At every boundary of the memory, and a byte beside it, the registry gives the memory's own answer.
template <std::size_t Capacity, class A>
void agrees_around(const memory_registry<Capacity>& all, const A& memory) {
  const layout l = A::plan(typename A::pages{memory.capacity() / A::pages::unit});
  const auto base = reinterpret_cast<std::uintptr_t>(memory.data());
  for (const std::uintptr_t boundary :
       {base - l.before, base, base + memory.size(), base + l.reserved, base + l.reserved + l.after})
    for (const std::uintptr_t at : {boundary - 8, boundary - 1, boundary, boundary + 1, boundary + 8}) {
      const auto* const p = reinterpret_cast<const void*>(at);
      const zone where = memory.zone_of(p);
      const std::optional<found_memory> found = all.find(p);
      if (where != zone::outside) CHECK(found == found_memory{&memory, nullptr, where});
      if (where == zone::outside) CHECK((!found || found->memory != &memory));
    }
}

TEST_CASE("a registry finds the memory of an address and where in it the address lies", "[memory_registry]") {
  memory_registry<8> all;
  linux_allocator plain;
  wasm_linux_allocator wasm;
  unguarded bare;
  in_small_pages small;
  REQUIRE((plain.allocate(pages{2}, pages{9}) && wasm.allocate(pages{1}, pages{3}) && bare.allocate(pages{1})));
  REQUIRE(small.allocate(in_small_pages::pages{3}, in_small_pages::pages{5}));
  REQUIRE((all.enter(plain) && all.enter(wasm) && all.enter(bare) && all.enter(small)));
  const auto each_agrees = [&] {
    agrees_around(all, plain);
    agrees_around(all, wasm);
    agrees_around(all, bare);
    agrees_around(all, small);
  };
  each_agrees();
  REQUIRE((plain.grow(pages{4}) && wasm.reset(pages{3}) && small.shrink(in_small_pages::pages{3})));
  each_agrees();
  CHECK(all.zone_of(plain.data() + plain.size()) == zone::reserved);
  CHECK(all.zone_of(&all) == zone::outside);
  CHECK_FALSE(all.find(nullptr));
}

TEST_CASE("a registry refuses what has no region or is entered already and what it has no room for",
          "[memory_registry]") {
  memory_registry<2> all;
  int guest = 0;
  std::array<linux_allocator, 3> memories;
  CHECK(all.enter(memories[0]).error() == error{errc::not_allocated, step::plan, 0});
  for (auto& each : memories) REQUIRE(each.allocate(pages{1}));
  REQUIRE((all.enter(memories[0]) && all.enter(memories[1], &guest)));
  CHECK(all.enter(memories[1]).error() == error{errc::invalid_argument, step::plan, 0});
  CHECK(all.enter(memories[2]).error() == error{errc::limit_exceeded, step::plan, 0});
  CHECK_FALSE(all.find(memories[2].data()));
  all.leave(memories[2]);  // without effect
  all.leave(memories[0]);
  CHECK_FALSE(all.find(memories[0].data()));
  REQUIRE(all.enter(memories[2]));
  CHECK(all.find(memories[2].data()) == found_memory{&memories[2], nullptr, zone::accessible});
  CHECK(all.find(memories[1].data()) == found_memory{&memories[1], &guest, zone::accessible});
}

fault_report told;
std::optional<found_memory> found_in;
sigjmp_buf way_back;

extern "C" void look_up(int, siginfo_t* info, void*) {
  told = classify_fault(*info, at_start);
  found_in = at_start.find(told.address);
  siglongjmp(way_back, 1);
}

TEST_CASE("a handler finds which of hundreds of memories a fault is in", "[memory_registry][linux]") {
  test_environment::run_isolated("hundreds of memories", [] {
    std::vector<linux_allocator> memories(600);
    for (auto& each : memories)
      test_environment::check(each.allocate(pages{1}, pages{2}) && at_start.enter(each), "a memory is entered");
    struct sigaction action{};
    action.sa_sigaction = look_up;
    action.sa_flags = SA_SIGINFO;
    test_environment::check(::sigaction(SIGSEGV, &action, nullptr) == 0, "the handler is set");
    for (const std::size_t which : {0U, 1U, 299U, 599U}) {
      std::byte* const p = memories[which].data() + memories[which].size();
      if (sigsetjmp(way_back, 1) == 0) write_to(p);
      test_environment::check(told.cause == fault_cause::uncommitted && told.address == p, "the cause is found");
      test_environment::check(found_in == found_memory{&memories[which], nullptr, zone::reserved}, "and the memory");
    }
  });
}

TEST_CASE("an entered memory is found while other threads enter and leave", "[memory_registry][threads]") {
  constexpr int rounds = 3000;
  memory_registry<4> all;  // full with the memory that stays, and one of each thread
  linux_allocator stays;
  REQUIRE((stays.allocate(pages{1}) && all.enter(stays)));
  std::atomic<int> wrong{0};
  const auto come_and_go = [&] {
    linux_allocator first;
    in_small_pages second;
    if (!first.allocate(pages{1}) || !second.allocate(in_small_pages::pages{1})) ++wrong;
    for (int round = 0; round < rounds; ++round) {
      if (!all.enter(first) || all.find(first.data()) != found_memory{&first, nullptr, zone::accessible}) ++wrong;
      all.leave(first);
      if (!all.enter(second) || all.find(second.data()) != found_memory{&second, nullptr, zone::accessible}) ++wrong;
      if (all.find(first.data())) ++wrong;
      all.leave(second);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(come_and_go);
  for (int round = 0; round < rounds; ++round)
    if (all.find(stays.data()) != found_memory{&stays, nullptr, zone::accessible}) ++wrong;
  for (auto& each : threads) each.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace quire::test
