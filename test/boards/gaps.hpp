// SPDX-License-Identifier: BSL-1.0
#pragma once
// A program that has disabled the default memory map, as PMSAv8 programs may: it has regions for all that it needs
// around the storage, and an access to the storage faults where no region covers it.
#include <cstdint>

#include "boards/faults.hpp"

extern "C" {
extern std::uint32_t code_begin, ram_begin, stack_top;
}

namespace quire::test {

/// The three regions of the program itself, until the end of the scope.
class without_default_map {
 public:
  without_default_map() {
    const auto storage = calls::cortex_m::address(storages[0].data());
    own(0, calls::cortex_m::address(&code_begin), calls::cortex_m::address(&code_begin) + (1U << 20), read_only);
    own(1, calls::cortex_m::address(&ram_begin), storage, never_execute);
    own(2, storage + storage_bytes, calls::cortex_m::address(&stack_top), never_execute);
    set_control(enabled);
  }
  without_default_map(const without_default_map&) = delete;
  without_default_map& operator=(const without_default_map&) = delete;
  ~without_default_map() {
    set_control(0);
    for (std::size_t i = 0; i != 3; ++i) calls::cortex_m::write_region(i, 0, 0);
  }

 private:
  static constexpr std::uint32_t enabled = 1, never_execute = 1, read_only = 2U << 1;

  static void own(std::size_t i, std::uint32_t begin, std::uint32_t end, std::uint32_t how) {
    constexpr std::uint32_t attribute_7 = 7U << 1, enable = 1;
    calls::cortex_m::write_region(i, begin | how, ((end - 1) & ~31U) | attribute_7 | enable);
  }
  static void set_control(std::uint32_t value) {
    asm volatile("dsb" ::: "memory");
    *reinterpret_cast<volatile std::uint32_t*>(std::uintptr_t{0xe000ed94}) = value;  // MPU_CTRL
    asm volatile("dsb\n\tisb" ::: "memory");
  }
};

inline unsigned regions_in_use() {
  unsigned n = 0;
  for (std::size_t i = 0; i != calls::cortex_m::regions(); ++i) {
    std::uint32_t base = 0, rest = 0;
    calls::cortex_m::read_region(i, base, rest);
    n += rest & 1;
  }
  return n;
}

inline void without_default_map_gaps_fault() {
  constexpr std::size_t page = page_bytes;
  const without_default_map program;
  named_memory memory;
  board_environment::check(memory.allocate(named_memory::pages{2}, named_memory::pages{8}).has_value(), "allocate");
  board_environment::check(regions_in_use() == 4, "one region for the memory, beside the program's");
  std::byte* const base = memory.data();
  const auto writing = [](std::byte* p) { return [p] { write_to(p); }; };
  expect_cause(memory, base - 1, fault_cause::guard, writing(base - 1));
  expect_cause(memory, base + 2 * page, fault_cause::uncommitted, writing(base + 2 * page));
  board_environment::check(memory.grow(named_memory::pages{2}).has_value() && all_zero(memory.bytes()), "grow");
  fill(memory.bytes(), 0x17);
  board_environment::check(memory.protect(page, page, access::read).has_value(), "protect");
  expect_cause(memory, base + page, fault_cause::access, writing(base + page));
  expect_cause(memory, base + 4 * page, fault_cause::uncommitted, writing(base + 4 * page));
  board_environment::check(holds(memory.bytes(), 0x17), "what was written stays");
  board_environment::check(memory.deallocate(base, memory.size()).has_value(), "deallocate");
  board_environment::check(regions_in_use() == 3, "the program's regions stay, and no other");
  board_environment::expect_fault({base, 1}, touch::write, fault::mpu, writing(base));
}

}  // namespace quire::test
