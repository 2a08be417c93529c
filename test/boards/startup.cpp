// SPDX-License-Identifier: BSL-1.0
// From reset to main on a Cortex-M, with semihosting, the MemManage handler, and the memory functions that compilers
// call implicitly.
#include "boards/board.hpp"

#include <cstring>

int main();

namespace board {

fault_log faults;

namespace {

enum operation : unsigned { write_text = 0x04, exit_extended = 0x20 };

/// Calls the debugger or emulator; see Arm's "Semihosting for AArch32 and AArch64".
unsigned ask_host(operation what, const void* about) {
  register unsigned r0 asm("r0") = what;
  register const void* r1 asm("r1") = about;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

}  // namespace

void say(const char* text) { (void)ask_host(write_text, text); }

void say(std::size_t number) {
  char digits[21];
  char* p = digits + sizeof digits - 1;
  *p = '\0';
  do *--p = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  say(p);
}

void finish(int status) {
  constexpr unsigned application_exit = 0x20026;
  const unsigned block[] = {application_exit, static_cast<unsigned>(status)};
  (void)ask_host(exit_extended, block);
  for (;;) {
  }
}

}  // namespace board

extern "C" {

extern std::uint32_t stack_top, data_image, data_begin, data_end, bss_begin, bss_end;

// Volatile keeps the compiler from turning each loop into a call of the function itself.
void* memset(void* to, int value, std::size_t n) {
  auto* p = static_cast<volatile char*>(to);
  while (n-- != 0) *p++ = static_cast<char>(value);
  return to;
}
void* memcpy(void* to, const void* from, std::size_t n) {
  auto* p = static_cast<volatile char*>(to);
  const auto* q = static_cast<const char*>(from);
  while (n-- != 0) *p++ = *q++;
  return to;
}
void* memmove(void* to, const void* from, std::size_t n) {
  auto* p = static_cast<volatile char*>(to);
  const auto* q = static_cast<const volatile char*>(from);
  if (p < q)
    for (std::size_t i = 0; i != n; ++i) p[i] = q[i];
  else
    while (n-- != 0) p[n] = q[n];
  return to;
}
int memcmp(const void* a, const void* b, std::size_t n) {
  const auto *p = static_cast<const volatile unsigned char*>(a), *q = static_cast<const volatile unsigned char*>(b);
  for (std::size_t i = 0; i != n; ++i)
    if (p[i] != q[i]) return p[i] < q[i] ? -1 : 1;
  return 0;
}

void start() {
  for (std::uint32_t *to = &data_begin, *from = &data_image; to < &data_end;) *to++ = *from++;
  for (std::uint32_t* to = &bss_begin; to < &bss_end;) *to++ = 0;
  board::finish(main());
}

void unexpected() {
  board::say("an unexpected exception");
  board::finish(98);
}

/// `frame` is what the processor saved: r0 to r3, r12, lr, pc, xPSR.
[[gnu::used]] void take_mem_manage(std::uint32_t* frame) {
  constexpr int lr = 5, pc = 6;
  board::faults.last = quire::calls::cortex_m::take_mem_manage(frame[pc]);
  if (!board::faults.expected) {
    board::say("an unexpected memory management fault, at address ");
    board::say(board::faults.last.address);
    board::say(", instruction ");
    board::say(board::faults.last.pc);
    board::finish(97);
  }
  ++board::faults.count;
  constexpr unsigned of_a_fetch = 1;
  if ((board::faults.last.status & of_a_fetch) != 0) {
    frame[pc] = frame[lr];  // no instruction to step over: continues as if the called function had returned
    return;
  }
  const std::uint16_t instruction = *reinterpret_cast<const std::uint16_t*>(frame[pc]);
  frame[pc] += instruction >= 0xe800 ? 4 : 2;  // Thumb instructions have two lengths
}
[[gnu::naked]] void on_mem_manage() { asm volatile("mrs r0, msp\n\tb take_mem_manage"); }

[[gnu::section(".vectors"), gnu::used]] const void* const vectors[16] = {
    &stack_top,
    reinterpret_cast<const void*>(start),
    reinterpret_cast<const void*>(unexpected),
    reinterpret_cast<const void*>(unexpected),
    reinterpret_cast<const void*>(on_mem_manage),
    reinterpret_cast<const void*>(unexpected),
    reinterpret_cast<const void*>(unexpected),
    reinterpret_cast<const void*>(unexpected),
};

}  // extern "C"
