#include "support/process/filtered_calls.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

namespace quire::test {
namespace {

constexpr std::size_t most = 60;

/// Returns one action for the calls of the list, another for all others.
bool filter(std::span<const unsigned> calls, unsigned to_these, unsigned to_others) noexcept {
  constexpr unsigned short load = BPF_LD | BPF_W | BPF_ABS, compare = BPF_JMP | BPF_JEQ | BPF_K,
                           answer = BPF_RET | BPF_K;
  if (calls.size() > most) return false;
  std::array<sock_filter, most + 3> program{{{load, 0, 0, 0}}};  // the number of the call is the first word
  std::size_t size = 1;
  for (std::size_t left = calls.size(); left != 0; --left)
    program[size++] = {compare, static_cast<unsigned char>(left), 0, calls[left - 1]};
  program[size++] = {answer, 0, 0, to_others};
  program[size++] = {answer, 0, 0, to_these};
  const sock_fprog given{static_cast<unsigned short>(size), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &given) == 0;
}

}  // namespace

bool refuse_calls(std::initializer_list<unsigned> calls) noexcept {
  return filter({calls.begin(), calls.size()}, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
}
bool die_of_other_calls(std::span<const unsigned> allowed) noexcept {
  return filter(allowed, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
}

}  // namespace quire::test
