// SPDX-License-Identifier: BSL-1.0
// Requests that run guests' code: each gets a clean memory from a pool, an access out of bounds ends the request and
// not the program, and memory is given back when it runs short.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <poll.h>

#include <quire/classify_fault.hpp>
#include <quire/pool.hpp>
#include <quire/pressure_monitor.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/zero_dirty.hpp>

namespace {

using slots = quire::pool<quire::wasm_linux_allocator, quire::recycling::zero_dirty>;

slots pool;
thread_local sigjmp_buf trap;

extern "C" void on_fault(int number, siginfo_t* info, void*) {
  const quire::fault_report told = quire::classify_fault(*info, pool);
  const bool out_of_bounds = told.cause == quire::fault_cause::uncommitted || told.cause == quire::fault_cause::guard;
  if (const auto found = pool.find(told.address); out_of_bounds && found && found->live) siglongjmp(trap, 1);
  std::signal(number, SIG_DFL);  // no guest's fault: the program ends as it would without this handler
}

// Returns false if the guest traps, or gets no memory. `module` is the key by which it gets the slot that it used last.
bool serve(std::uint64_t module, std::size_t offset) {
  auto memory = pool.acquire(quire::pages{1}, quire::pages{16}, module);
  if (!memory) return std::puts(memory.error().message()), false;
  if (sigsetjmp(trap, 1) != 0) return false;  // the memory is returned here, too
  if (memory->data()[0] != std::byte{0}) std::abort();
  std::memset(memory->data(), 42, 20'000);
  *static_cast<volatile std::byte*>(memory->data() + offset) = std::byte{42};
  return true;
}

void give_back_if_short(quire::pressure_monitor& monitor) {
  pollfd one{monitor.descriptor(), monitor.events(), 0};
  if (poll(&one, 1, 0) > 0 && monitor.take(one.revents) != quire::pressure::none) pool.trim();
}

}  // namespace

int main() {
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSEGV, &action, nullptr) != 0) return 1;
  if (const auto opened = pool.open({.slots = 100, .maximum = quire::pages{16}}); !opened)
    return std::puts(opened.error().message()), 1;
  auto monitor = quire::pressure_monitor::open();  // not every system reports memory pressure
  int served = 0, trapped = 0;
  for (unsigned request = 0; request < 10'000; ++request) {
    const unsigned module = 1 + request % 3;
    ++(serve(module, request % 10 == 9 ? 65536 : 65535) ? served : trapped);
    if (monitor) give_back_if_short(*monitor);
  }
  const quire::pool_statistics seen = pool.statistics();
  std::printf("%d served, %d trapped; %llu memories came from %u slots, %zu bytes stayed in memory\n", served, trapped,
              static_cast<unsigned long long>(seen.recycled), seen.warm, seen.resident);
  return served == 9000 && trapped == 1000 ? 0 : 1;
}
