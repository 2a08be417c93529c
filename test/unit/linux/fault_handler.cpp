// SPDX-License-Identifier: BSL-1.0
// zone_of as an engine calls it: in the handler of the fault that it classifies.
#include <csetjmp>
#include <csignal>
#include <cstddef>

#include <quire/platform/linux.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {
namespace {

const linux_allocator* watched = nullptr;
volatile zone told = zone::outside;
sigjmp_buf way_back;

extern "C" void classify(int, siginfo_t* info, void*) {
  told = watched->zone_of(info->si_addr);
  siglongjmp(way_back, 1);
}

zone zone_told_of_a_fault_at(std::byte* p) {
  told = zone::outside;
  if (sigsetjmp(way_back, 1) == 0) write_to(p);
  return told;
}

TEST_CASE("zone_of in a fault handler returns the zone of the fault", "[linux]") {
  linux_allocator a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  watched = &a;
  test_environment::run_isolated("classifying", [&a] {
    struct sigaction action{};
    action.sa_sigaction = classify;
    action.sa_flags = SA_SIGINFO;
    test_environment::check(::sigaction(SIGSEGV, &action, nullptr) == 0, "the handler is set");
    const auto expect = [](std::byte* p, zone where, const char* what) {
      test_environment::check(zone_told_of_a_fault_at(p) == where, what);
    };
    std::byte* const base = a.data();
    expect(base - 1, zone::guard_before, "before the base is the guard");
    expect(base - 65536, zone::guard_before, "from its beginning");
    expect(base + a.size(), zone::reserved, "behind the end is what growth may take");
    expect(base + a.reserved() - 1, zone::reserved, "to its last byte");
    expect(base + a.reserved(), zone::guard_after, "behind it is the other guard");
    test_environment::check(
        a.grow(pages{1}).has_value() && zone_told_of_a_fault_at(a.data() + a.size()) == zone::reserved,
        "growth moves the end");
    test_environment::check(a.protect(0, a.granularity(), access::read).has_value(), "a page can be protected");
    expect(base, zone::accessible, "a fault in the memory is one of access");
  });
}

}  // namespace
}  // namespace quire::test
