// SPDX-License-Identifier: BSL-1.0
#include "support/process/huge_pool.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/process/machine.hpp"

namespace quire::test {
namespace {

const std::string pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/";

std::size_t number_in(const char* name) {
  std::ifstream file{pool + name};
  std::size_t n = 0;
  file >> n;
  return n;
}
bool write_number(const char* name, std::size_t n) {
  std::ofstream file{pool + name};
  file << n << std::flush;
  return file.good();
}

enum child_status : int { done = 0, died = 1, refused = 2, left_changed = 3 };

/// Ignores signals that would end it, so that the pool is restored whatever happens to the test.
[[noreturn]] void guard_the_pool(std::size_t pages, void (*f)(void*), void* context) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_IGN);
  const std::size_t before = number_in("nr_hugepages");
  write_number("nr_hugepages", before + pages);
  int result = refused;
  if (free_huge_pages() >= pages) {
    const pid_t worker = ::fork();
    if (worker == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_DFL);
      f(context);
      ::_exit(done);
    }
    int status = 0;
    ::waitpid(worker, &status, 0);
    result = WIFEXITED(status) && WEXITSTATUS(status) == done ? done : died;
  }
  write_number("nr_hugepages", before);
  ::_exit(number_in("nr_hugepages") == before ? result : left_changed);
}

}  // namespace

std::size_t free_huge_pages() { return number_in("free_hugepages"); }

pool_outcome with_huge_pool(std::size_t pages, void (*f)(void*), void* context) {
  if (const char* const why = no_huge_mappings()) return {.refused = why};
  if (free_huge_pages() >= pages) {
    f(context);
    return {};
  }
  // Only one test program at a time may change the pool.
  const int lock = ::open((pool + "nr_hugepages").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return {.refused = "there is no pool of huge pages, and this user may not make one"};
  ::flock(lock, LOCK_EX);
  const pid_t guardian = ::fork();
  if (guardian == 0) guard_the_pool(pages, f, context);
  int status = 0;
  ::waitpid(guardian, &status, 0);
  ::close(lock);
  switch (WIFEXITED(status) ? WEXITSTATUS(status) : died) {
    case done: return {};
    case refused: return {.refused = "the pool of huge pages cannot be filled here"};
    case left_changed: return {.failed = "the pool of huge pages is as it was before"};
    default: return {.failed = "what runs with a pool of huge pages comes to its end"};
  }
}

}  // namespace quire::test
