// SPDX-License-Identifier: BSL-1.0
// Interference by the process itself: the promises of its memories hold all the same.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "random_operations/sequence.hpp"

namespace quire::test::sequences {

using injector = fault_injector;

void sequence::lock_pages(const operation& o, slot& s, bool lock) {
  const reference& r = s.expected;
  if (r.accessible() == 0) return;
  const byte_range part = range_in({.n = {o.n[0], o.n[1], o.n[2], 1}}, r, r.accessible(), r.granularity);
  const int done = lock ? ::mlock(s.real->address() + part.offset, part.bytes)
                        : ::munlock(s.real->address() + part.offset, part.bytes);
  tell("  %zu: memory %u, %s %zu at %zu: %d\n", step_, o.slot, name(o.what), part.bytes, part.offset, done);
}

void sequence::lock_all(bool lock) {
  if (lock ? ::mlockall(MCL_FUTURE) == 0 : ::munlockall() == 0) all_locked_ = lock;
  tell("  %zu: %s\n", step_, lock ? "mlockall(MCL_FUTURE)" : "munlockall()");
}

void sequence::advise(const operation& o, slot& s) {
  static constexpr int cold = 20, page_out = 21;  // MADV_COLD and MADV_PAGEOUT, Linux 5.4
  static constexpr int advices[] = {MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
                                    MADV_DONTDUMP,  MADV_DODUMP,      MADV_DONTFORK, MADV_DOFORK,
                                    cold,           page_out};
  const reference& r = s.expected;
  if (r.accessible() == 0) return;
  const int advice = advices[o.n[3] % std::size(advices)];
  const byte_range part = range_in({.n = {o.n[0], o.n[1], o.n[2], 1}}, r, r.accessible(), r.granularity);
  const int done = ::madvise(s.real->address() + part.offset, part.bytes, advice);
  left_out_of_forks_ = left_out_of_forks_ || advice == MADV_DONTFORK;
  advised_huge_ = advised_huge_ || advice == MADV_HUGEPAGE;
  tell("  %zu: memory %u, madvise %d %zu at %zu: %d\n", step_, o.slot, advice, part.bytes, part.offset, done);
}

void sequence::change_access(const operation& o, slot& s) {
  reference& r = s.expected;
  if (r.accessible() == 0) return;
  static constexpr int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
  static constexpr access accesses[] = {access::none, access::read, access::read_write};
  const std::size_t which = o.n[3] % 3;
  const byte_range part = range_in({.n = {o.n[0], o.n[1], o.n[2], 1}}, r, r.accessible(), r.granularity);
  std::byte* const begin = s.real->address() + part.offset;
  if (part.bytes == 0 || ::mprotect(begin, part.bytes, protections[which]) != 0) return;
  injector::mapped.set(begin, part.bytes, protections[which]);
  r.protected_as(part.offset, part.bytes, accesses[which]);
  tell("  %zu: memory %u, mprotect %zu at %zu: %s\n", step_, o.slot, part.bytes, part.offset, name(accesses[which]));
}

void sequence::disable_huge_pages() {
  (void)::prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL);
  tell("  %zu: no huge pages for this process\n", step_);
}

/// Both processes continue: the child to the end of the sequence; the parent waits for it and then goes on.
void sequence::fork_here() {
  if (forked_ || left_out_of_forks_) return;
  std::fflush(stderr);
  const pid_t child = ::fork();
  if (child < 0) return;
  tell("  %zu: fork, as the %s\n", step_, child == 0 ? "child" : "parent");
  if (child == 0) {
    forked_ = true;
    all_locked_ = false;
    return;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child goes on as its parent would");
}

}  // namespace quire::test::sequences
