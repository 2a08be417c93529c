// SPDX-License-Identifier: BSL-1.0
#include "beside.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <new>

#include "memories.hpp"

namespace bench {
namespace {

bool pin_to(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(cpu), &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
}

}  // namespace

int another_cpu() {
  const int mine = sched_getcpu();
  int found = -1;
  // The process was pinned, and its mask no longer tells which processors it may use.
  std::thread([&] {
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 0; ++cpu)
      if (cpu != mine && pin_to(cpu)) found = cpu;
  }).join();
  return found;
}

companion::companion(place where, int cpu, std::function<void()> work) {
  void* const p = mmap(nullptr, sizeof(state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) stop("mmap");
  shared_ = new (p) state{};
  if (where == place::thread) {
    thread_ = std::thread([this, cpu, repeated = std::move(work)] { run(*shared_, cpu, repeated); });
  } else if ((child_ = fork()) == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(*shared_, cpu, work);
    _exit(0);
  } else if (child_ < 0) {
    bench::stop("fork");
  }
  while (rounds() < 3) {
    if (child_ > 0 && waitpid(child_, nullptr, WNOHANG) == child_) bench::stop("the process beside has ended");
    sched_yield();
  }
}

companion::~companion() {
  shared_->stop.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
  if (child_ > 0) waitpid(child_, nullptr, 0);
  munmap(shared_, sizeof(state));
}

void companion::run(state& shared, int cpu, const std::function<void()>& work) {
  if (!pin_to(cpu)) bench::stop("sched_setaffinity");
  while (!shared.stop.load(std::memory_order_relaxed)) {
    work();
    shared.rounds.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace bench
