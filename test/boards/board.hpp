// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a board provides to a program: text output and the last memory management fault. No library is linked.
#include <cstddef>
#include <cstdint>

#include <quire/calls/cortex_m.hpp>

namespace board {

/// Writes text to the emulator's standard output, by semihosting.
void say(const char* text);
void say(std::size_t number);
[[noreturn]] void finish(int status);

/// While faults are expected, they are counted and skipped; an unexpected fault ends the program.
struct fault_log {
  bool expected = false;
  unsigned count = 0;
  quire::calls::mem_manage last{};
};
extern fault_log faults;

}  // namespace board
