// SPDX-License-Identifier: BSL-1.0
#pragma once
// Replaces the C library calls of the compared operations in the whole program: they map nothing, every call is
// recorded, and any of them can be made to fail.
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fake {

/// Calls `failing` to `last_failing` fail with `error`. The first `misaligned` mappings are not aligned to 64 KiB.
struct weather {
  static constexpr int never = std::numeric_limits<int>::max();

  int failing = never, last_failing = never, error = 0;
  int misaligned = 0;
};

/// Acts as the system during its lifetime. A call outside of it comes from other code, and ends the program.
class system {
 public:
  explicit system(const weather& w) : now(w) { running = this; }
  system(const system&) = delete;
  system& operator=(const system&) = delete;
  ~system() { running = nullptr; }

  static system& of_caller() {
    if (running == nullptr) std::abort();
    return *running;
  }

  /// Records the call, and returns whether it has to fail.
  template <class... Arguments>
  bool fails(const char* name, Arguments... arguments) {
    trace += name;
    ((trace += ' ', trace += std::to_string(arguments)), ...);
    trace += '\n';
    const int index = calls++;
    if (index < now.failing || index > now.last_failing) return false;
    errno = now.error;
    return true;
  }

  const weather now;
  int mappings = 0;
  std::string trace;

 private:
  int calls = 0;
  inline static system* running = nullptr;
};

inline std::uintptr_t number(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

}  // namespace fake

void* mmap(void* where, std::size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  fake::system& s = fake::system::of_caller();
  if (s.fails("mmap", fake::number(where), bytes, protection, flags, fd, offset)) return MAP_FAILED;
  constexpr std::uintptr_t aligned = std::uintptr_t{1} << 40, page = 4096;
  const std::uintptr_t wanted = where != nullptr ? fake::number(where) : aligned;
  return reinterpret_cast<void*>(s.mappings++ < s.now.misaligned ? wanted + 3 * page : wanted);
}
int munmap(void* p, std::size_t bytes) noexcept {
  return fake::system::of_caller().fails("munmap", fake::number(p), bytes) ? -1 : 0;
}
int mprotect(void* p, std::size_t bytes, int protection) noexcept {
  return fake::system::of_caller().fails("mprotect", fake::number(p), bytes, protection) ? -1 : 0;
}
int madvise(void* p, std::size_t bytes, int advice) noexcept {
  return fake::system::of_caller().fails("madvise", fake::number(p), bytes, advice) ? -1 : 0;
}
int munlock(const void* p, std::size_t bytes) noexcept {
  return fake::system::of_caller().fails("munlock", fake::number(p), bytes) ? -1 : 0;
}
int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
  if (fake::system::of_caller().fails("mincore", fake::number(p), bytes)) return -1;
  *there = 1;
  return 0;
}
/// mbind, with its set of nodes recorded; and openat, with which the nodes are looked up on a kernel without mbind: the
/// file does not exist.
long syscall(long call, ...) noexcept {
  if (call == SYS_openat) {
    fake::system::of_caller().trace += "openat\n";
    errno = ENOENT;
    return -1;
  }
  std::va_list arguments;
  va_start(arguments, call);
  const void* const p = va_arg(arguments, void*);
  const auto bytes = va_arg(arguments, std::size_t);
  const int mode = va_arg(arguments, int);
  const auto* const nodes = va_arg(arguments, const unsigned long*);
  const auto bits = va_arg(arguments, unsigned long);
  va_end(arguments);
  if (call != SYS_mbind || bits > 1025) std::abort();
  fake::system& s = fake::system::of_caller();
  for (unsigned long bit = 0; bit + 1 < bits; ++bit)
    if (((nodes[bit / 64] >> (bit % 64)) & 1) != 0) s.trace += "node " + std::to_string(bit) + ' ';
  return s.fails("mbind", fake::number(p), bytes, mode, bits) ? -1 : 0;
}
