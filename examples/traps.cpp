// SPDX-License-Identifier: BSL-1.0
// Two thousand guests and one signal handler: an access out of bounds becomes a trap of the guest that made it.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <vector>

#include <quire/classify_fault.hpp>
#include <quire/memory_registry.hpp>
#include <quire/quire.hpp>

namespace {

struct guest {
  quire::linux_allocator memory;
  sigjmp_buf trap;
};

quire::memory_registry<2000> guests;

extern "C" void on_fault(int number, siginfo_t* info, void*) {
  const quire::fault_report told = quire::classify_fault(*info, guests);
  if (told.cause == quire::fault_cause::uncommitted || told.cause == quire::fault_cause::guard)
    if (const auto found = guests.find(told.address)) siglongjmp(static_cast<guest*>(found->owner)->trap, 1);
  std::signal(number, SIG_DFL);  // no guest's fault: the program ends as it would without this handler
}

// What a guest's code does: returns false if it traps.
bool writes(guest& one, std::size_t offset) {
  if (sigsetjmp(one.trap, 1) != 0) return false;
  *static_cast<volatile std::byte*>(one.memory.data() + offset) = std::byte{42};
  return true;
}

}  // namespace

int main() {
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSEGV, &action, nullptr) != 0) return 1;
  std::vector<guest> all(2000);
  for (guest& each : all)
    if (!each.memory.allocate(quire::pages{1}, quire::pages{2}) || !guests.enter(each.memory, &each)) return 1;
  const bool inside = writes(all[1234], 65535), outside = writes(all[1234], 65536);
  std::printf("guest 1234: the last byte %s, the byte after it %s\n", inside ? "is written" : "traps",
              outside ? "is written" : "traps");
  return inside && !outside ? 0 : 1;
}
