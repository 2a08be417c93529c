// Protection keys: detection finds them where they work, and a fault caused by a key is classified as such.
#include <csetjmp>
#include <csignal>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/classify_fault.hpp>
#include <quire/platform/linux.hpp>
#include <quire/supports.hpp>

#include "report.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {
namespace {

const linux_allocator* watched = nullptr;
fault_report told;
sigjmp_buf after_the_fault;

void on_fault(int, siginfo_t* info, void*) {
  told = classify_fault(*info, *watched);
  ::siglongjmp(after_the_fault, 1);
}

/// Call in a child: gives pages a key that denies access to this thread.
void touch_what_a_key_keeps(long key) {
  linux_allocator a;
  expect(a.allocate(pages{2}).has_value(), "allocate");
  watched = &a;
  a.bytes()[0] = std::byte{1};
  expect(::syscall(SYS_pkey_mprotect, a.data(), 65536UL, PROT_READ | PROT_WRITE, key) == 0, "pages get a key");
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
  if (sigsetjmp(after_the_fault, 1) == 0) {
    *const_cast<volatile std::byte*>(a.data()) = std::byte{2};
    expect(false, "a key that is not held denies access");
  }
  expect(told.cause == fault_cause::protection_key, "the fault is told as one of a key");
  a.bytes()[65536] = std::byte{1};  // the other pages do not have the key
}

TEST_CASE("protection keys: detection finds working keys, and a fault is classified as one of a key", "[keys]") {
  constexpr unsigned long denying_access = 1;
  const feature found = probe_feature(memory_feature::protection_keys);
  const long key = ::syscall(SYS_pkey_alloc, 0UL, denying_access);
  CHECK((found.usable == true) == (key >= 0));
  CHECK(supports(memory_feature::protection_keys) == (key >= 0));
  if (key < 0)
    return refused(std::string(found.usable.source()) + " (the system's code " + std::to_string(found.refusal) + ')');
  test_environment::run_isolated("a key that is not held", [&] { touch_what_a_key_keeps(key); });
  ::syscall(SYS_pkey_free, key);
}

}  // namespace
}  // namespace quire::test
