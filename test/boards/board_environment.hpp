// SPDX-License-Identifier: BSL-1.0
#pragma once
// The conformance environment on a board: no framework, no heap, one processor; faults come from the MPU.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/classify_mem_manage.hpp>
#include <quire/static_storage.hpp>

#include "boards/board.hpp"
#include "conformance/environment.hpp"

namespace quire::test {

/// Two objects exist at a time, each with a storage of its own, aligned as PMSAv7 requires.
inline constexpr std::size_t page_bytes = QUIRE_BOARD_STORAGE / 64;
inline constexpr std::size_t storage_bytes = QUIRE_BOARD_STORAGE - page_bytes;
using board_storage = static_storage<storage_bytes, verification::off, QUIRE_BOARD_STORAGE>;
static_assert(sizeof(board_storage) == QUIRE_BOARD_STORAGE);
inline board_storage storages[2];

struct board_environment {
  static inline unsigned failures = 0, cases = 0, failed_cases = 0;

  static void check(bool holds, const char* what) {
    if (holds) return;
    ++failures;
    board::say("failed: ");
    board::say(what);
    board::say("\n");
  }
  template <class F>
  static void expect_fault(std::span<const std::byte> where, touch, fault kind, F f) {
    check(kind == fault::mpu, "the contract tells of faults of an MPU");
    board::faults = {.expected = true, .count = 0, .last = {}};
    asm volatile("" ::: "memory");  // the handler accesses memory that the compiler sees no other code access
    f();
    asm volatile("" ::: "memory");
    board::faults.expected = false;
    check(board::faults.count != 0, "it faults");
    const calls::raised_fault told = calls::what_was_raised(board::faults.last);
    const auto* const at = static_cast<const std::byte*>(told.address);
    check(told.kind == calls::fault_kind::refused && at >= where.data() && at < where.data() + where.size(),
          "at the address that was touched");
  }
  template <class F>
  static void run_isolated(const char* name, F f) {
    const unsigned before = failures;
    f();
    ++cases;
    if (failures == before) return;
    ++failed_cases;
    board::say("  in: ");
    board::say(name);
    board::say("\n");
  }
  template <class F>
  static void expect_no_trace(F f) {
    const auto before = state();
    f();
    check(state() == before, "buffers are given back, and regions are as they were");
  }
  static void call(const std::byte* code) {
    constexpr std::uintptr_t thumb = 1;
    reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(code) | thumb)();
  }
  static bool has_memory_for(std::size_t bytes) { return bytes <= storage_bytes; }

 private:
  /// All state that a memory could leave behind.
  static std::array<std::uint32_t, 34> state() {
    std::array<std::uint32_t, 34> all{};
    for (std::size_t i = 0; i != calls::cortex_m::regions(); ++i)
      calls::cortex_m::read_region(i, all[2 * i], all[2 * i + 1]);
    for (std::size_t i = 0; i != calls::cortex_m::regions(); ++i)
      if ((all[2 * i + 1] & 1) == 0) all[2 * i] = all[2 * i + 1] = 0;  // a disabled region's other bits are meaningless
    all[32] = storages[0].claim.is_taken();
    all[33] = storages[1].claim.is_taken();
    return all;
  }
};
static_assert(environment<board_environment>);

}  // namespace quire::test
