#pragma once
// What a program on a board has: a way to say something, and the last memory management fault. No library is linked.
#include <cstddef>
#include <cstdint>

#include <quire/calls/cortex_m.hpp>

namespace board {

/// By semihosting, to the emulator's standard output.
void say(const char* text);
void say(std::size_t number);
[[noreturn]] void finish(int status);

/// Faults are counted and stepped over while they are expected; one that is not ends the program.
struct fault_log {
  bool expected = false;
  unsigned count = 0;
  quire::calls::mem_manage last{};
};
extern fault_log faults;

}  // namespace board
