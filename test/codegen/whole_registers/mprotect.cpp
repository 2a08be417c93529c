// SPDX-License-Identifier: BSL-1.0
// Stands in for the C library's mprotect, and sees the register of its last argument as the kernel does: whole.
// Compiled apart from the program, which knows that argument as an int.
#include <cerrno>
#include <cstddef>
#include <sys/syscall.h>
#include <unistd.h>

unsigned long largest_protection = 0;

extern "C" int mprotect(void* p, std::size_t bytes, unsigned long protection) {
  if (protection > largest_protection) largest_protection = protection;
  return static_cast<int>(::syscall(SYS_mprotect, p, bytes, protection));
}
