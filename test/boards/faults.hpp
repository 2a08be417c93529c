// SPDX-License-Identifier: BSL-1.0
#pragma once
// Wrong accesses around a guarded memory, and the report of the fault handler for each.
#include "boards/configs.hpp"
#include "conformance/common.hpp"

namespace quire::test {

using named_memory = cortex_m_allocator<storages[0], page_bytes>;

/// Checks that `touch_it()` faults at `p`, for this cause.
template <class F>
void expect_cause(const named_memory& memory, const std::byte* p, fault_cause cause, F touch_it) {
  board_environment::expect_fault({p, 1}, touch::write, fault::mpu, touch_it);
  const fault_report told = classify_fault(board::faults.last, memory);
  board_environment::check(
      told.cause == cause && told.address == p && (cause == fault_cause::unrelated || told.memory == 0),
      "the cause is told");
}

inline void every_wrong_access_is_caught_and_told() {
  constexpr std::size_t page = page_bytes;
  named_memory memory;
  board_environment::check(memory.allocate(named_memory::pages{4}, named_memory::pages{8}).has_value(), "allocate");
  std::byte* const base = memory.data();
  const auto reading = [](const std::byte* p) { return [p] { read_from(p); }; };
  const auto writing = [](std::byte* p) { return [p] { write_to(p); }; };

  expect_cause(memory, base - 1, fault_cause::guard, writing(base - 1));
  expect_cause(memory, base - 1, fault_cause::guard, reading(base - 1));
  expect_cause(memory, base + 4 * page, fault_cause::uncommitted, writing(base + 4 * page));
  expect_cause(memory, base + 8 * page - 1, fault_cause::uncommitted, reading(base + 8 * page - 1));
  expect_cause(memory, base + 8 * page, fault_cause::guard, writing(base + 8 * page));
  write_to(base);
  write_to(base + 4 * page - 1);

  board_environment::check(memory.protect(page, page, access::read).has_value(), "protect");
  read_from(base + page);
  expect_cause(memory, base + page, fault_cause::access, writing(base + page));
  expect_cause(memory, base + 2 * page - 1, fault_cause::access, writing(base + 2 * page - 1));

  // Memory is never executable: a jump into it is an instruction fetch fault.
  board_environment::expect_fault({base, 4}, touch::execute, fault::mpu, [base] { board_environment::call(base); });

  board_environment::check(memory.deallocate(base, memory.size()).has_value(), "deallocate");
  write_to(base - 1);  // the program owns these bytes again
  write_to(base + 4 * page);
}

}  // namespace quire::test
