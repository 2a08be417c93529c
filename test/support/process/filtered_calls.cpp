// SPDX-License-Identifier: BSL-1.0
#include "support/process/filtered_calls.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace quire::test {
namespace {

constexpr std::size_t most = 60;

constexpr unsigned short load = BPF_LD | BPF_W | BPF_ABS, compare = BPF_JMP | BPF_JEQ | BPF_K, answer = BPF_RET | BPF_K;

bool install(std::span<sock_filter> program) noexcept {
  const sock_fprog given{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &given) == 0;
}

/// Returns one action for the calls of the list, another for all others.
bool filter(std::span<const unsigned> calls, unsigned to_these, unsigned to_others) noexcept {
  if (calls.size() > most) return false;
  std::array<sock_filter, most + 3> program{{{load, 0, 0, 0}}};  // the number of the call is the first word
  std::size_t size = 1;
  for (std::size_t left = calls.size(); left != 0; --left)
    program[size++] = {compare, static_cast<unsigned char>(left), 0, calls[left - 1]};
  program[size++] = {answer, 0, 0, to_others};
  program[size++] = {answer, 0, 0, to_these};
  return install(std::span(program).first(size));
}

}  // namespace

bool refuse_calls(std::initializer_list<unsigned> calls) noexcept {
  return filter({calls.begin(), calls.size()}, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
}
bool refuse_executable_pages() noexcept {
  constexpr unsigned third_argument = offsetof(seccomp_data, args) + 2 * sizeof(seccomp_data::args[0]) +
                                      (std::endian::native == std::endian::big ? 4 : 0);
  constexpr unsigned short has_bits = BPF_JMP | BPF_JSET | BPF_K;
  std::array<sock_filter, 7> program{{{load, 0, 0, 0},
                                      {compare, 1, 0, SYS_mmap},
                                      {compare, 0, 3, SYS_mprotect},
                                      {load, 0, 0, third_argument},
                                      {has_bits, 0, 1, PROT_EXEC},
                                      {answer, 0, 0, SECCOMP_RET_ERRNO | EPERM},
                                      {answer, 0, 0, SECCOMP_RET_ALLOW}}};
  return install(program);
}
bool die_of_other_calls(std::span<const unsigned> allowed) noexcept {
  return filter(allowed, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
}

}  // namespace quire::test
