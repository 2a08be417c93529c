// SPDX-License-Identifier: BSL-1.0
#pragma once
// Machine code of functions that return a number, for the processors of the tests.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/jit_code.hpp>

namespace quire::test {

#if defined(__x86_64__) || defined(__i386__)
/// mov eax, value; ret
inline bool write_returning(std::span<std::byte> to, std::uint16_t value) noexcept {
  const unsigned char code[] = {0xb8, static_cast<unsigned char>(value), static_cast<unsigned char>(value >> 8), 0, 0,
                                0xc3};
  if (to.size() < sizeof code) return false;
  std::memcpy(to.data(), code, sizeof code);
  return true;
}
#elif defined(__aarch64__)
/// movz w0, #value; ret
inline bool write_returning(std::span<std::byte> to, std::uint16_t value) noexcept {
  const std::uint32_t code[] = {0x52800000U | (std::uint32_t{value} << 5), 0xd65f03c0U};
  if (to.size() < sizeof code) return false;
  std::memcpy(to.data(), code, sizeof code);
  return true;
}
#else
/// The tests know no code for this processor.
inline bool write_returning(std::span<std::byte>, std::uint16_t) noexcept { return false; }
#endif

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
inline constexpr bool has_machine_code = true;
#else
inline constexpr bool has_machine_code = false;
#endif

/// Calls without looking for a type before the code, as -fsanitize=function does.
#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
inline int
run(jit_code code) noexcept {
  return code.entry<int()>()();
}

/// Why code cannot be replaced at an address where other code ran, if its pages are mapped twice: QEMU before 8.1
/// ignores arm64's instruction that flushes code in programs that it emulates, and keeps its translation of what was
/// there. Null where it can, or where the tests know no code.
inline const char* no_replacement_of_code() {
  const int fd = static_cast<int>(::syscall(SYS_memfd_create, "test", 0U));
  bool is_new = ::ftruncate(fd, 65536) == 0;
  void* const to = ::mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  void* const at = ::mmap(nullptr, 65536, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  ::close(fd);
  for (std::uint16_t value = 1; value <= 2 && is_new && to != MAP_FAILED && at != MAP_FAILED; ++value) {
    if (!write_returning({static_cast<std::byte*>(to), 64}, value)) break;
    __builtin___clear_cache(static_cast<char*>(at), static_cast<char*>(at) + 64);
    is_new = run({static_cast<std::byte*>(at), 64}) == value;
  }
  ::munmap(to, 65536);
  ::munmap(at, 65536);
  return is_new ? nullptr : "this emulator runs old code where new code was written";
}

/// Writes a function into a memory for code; no code if a step is refused.
template <class Jit>
jit_code made_returning(Jit& jit, std::uint16_t value, std::size_t bytes = 200) noexcept {
  auto scope = jit.write(bytes);
  if (!scope || !write_returning(scope->bytes(), value)) return {};
  const auto code = scope->finalize();
  return code ? *code : jit_code{};
}

}  // namespace quire::test
