// SPDX-License-Identifier: BSL-1.0
// The cause of a fault: real faults, classified in a signal handler, and faults that this machine cannot raise,
// classified from made-up signals.
#include <array>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include <quire/classify_fault.hpp>
#include <quire/mte_thread_scope.hpp>
#include <quire/platform/linux_arm64_mte.hpp>
#include <quire/platform/posix.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/child.hpp"

namespace quire::test {
namespace {

static_assert(tells_zones<linux_allocator> && tells_zones<posix_allocator> && !tells_zones<int>);

// Real faults, in a child process.

const linux_allocator* watched = nullptr;
const posix_allocator* watched_too = nullptr;
fault_report told;
sigjmp_buf way_back;

extern "C" void tell_cause(int, siginfo_t* info, void*) {
  told = classify_fault(*info, *watched, *watched_too);
  siglongjmp(way_back, 1);
}

template <class F>
fault_report cause_of(F f) {
  told = {};
  if (sigsetjmp(way_back, 1) == 0) f();
  return told;
}

void handle_faults(int more_flags = 0) {
  struct sigaction action{};
  action.sa_sigaction = tell_cause;
  action.sa_flags = SA_SIGINFO | more_flags;
  for (const int signal : {SIGSEGV, SIGBUS})
    test_environment::check(::sigaction(signal, &action, nullptr) == 0, "the handler is set");
}

void expect(std::byte* p, fault_cause cause, std::size_t memory, const char* what) {
  const fault_report got = cause_of([p] { write_to(p); });
  test_environment::check(got.cause == cause, what);
  test_environment::check(got.address == p, "at the address of the access");
  test_environment::check(got.memory == memory, "and of the memory that it is in");
  test_environment::check(got.tag == no_tag, "by a pointer without a tag");
}

/// Maps an empty file over the page, so that an access raises SIGBUS.
void map_nothing_over(std::byte* page) {
  std::FILE* const empty = std::tmpfile();
  test_environment::check(empty != nullptr && ::mmap(page, calls::linux_kernel::page_bytes(), PROT_READ | PROT_WRITE,
                                                     MAP_SHARED | MAP_FIXED, ::fileno(empty), 0) == page,
                          "an empty file can be mapped");
}

TEST_CASE("classify_fault in a handler reports cause and address and memory of a real fault",
          "[classify_fault][linux]") {
  linux_allocator first;
  posix_allocator second;
  REQUIRE(first.allocate(pages{2}, pages{8}).has_value());
  REQUIRE(second.allocate(pages{2}, pages{8}).has_value());
  watched = &first;
  watched_too = &second;
  test_environment::run_isolated("classifying", [&] {
    handle_faults();
    constexpr std::size_t none = fault_report::no_memory;
    expect(first.data() - 1, fault_cause::guard, 0, "before the memory is a guard");
    expect(first.data() + first.reserved(), fault_cause::guard, 0, "behind the reservation is a guard");
    expect(first.data() + first.size(), fault_cause::uncommitted, 0, "behind the end is what growth may take");
    expect(second.data() - 1, fault_cause::guard, 1, "before the other memory is its guard");
    expect(second.data() + second.reserved() - 1, fault_cause::uncommitted, 1, "in the other's reservation");

    test_environment::check(first.protect(0, 65536, access::read) && second.protect(65536, 65536, access::none),
                            "protected");
    expect(first.data(), fault_cause::access, 0, "a page that is read-only");
    expect(second.data() + 65536, fault_cause::access, 1, "a page without access");
    read_from(first.data());

    auto* const elsewhere = static_cast<std::byte*>(
        ::mmap(nullptr, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    expect(elsewhere, fault_cause::unrelated, none, "elsewhere, without access");
    map_nothing_over(elsewhere);
    expect(elsewhere, fault_cause::unrelated, none, "elsewhere, a bus error");
    ::munmap(elsewhere, 1 << 16);
    expect(elsewhere, fault_cause::unrelated, none, "elsewhere, unmapped");

    map_nothing_over(first.data());
    expect(first.data(), fault_cause::no_page, 0, "a bus error in the memory");
    ::munmap(second.data(), 65536);
    expect(second.data(), fault_cause::no_page, 1, "in the memory, unmapped behind its back");
  });
}

TEST_CASE("classify_fault reports a signal that is not a memory fault as unrelated", "[classify_fault][linux]") {
  linux_allocator first;
  posix_allocator second;
  REQUIRE(first.allocate(pages{1}).has_value());
  watched = &first;
  watched_too = &second;
  test_environment::run_isolated("classifying", [] {
    handle_faults();
    for (const int signal : {SIGSEGV, SIGBUS}) {
      const fault_report got = cause_of([signal] { ::raise(signal); });
      test_environment::check(got == fault_report{}, "a signal that was sent");
    }
#if defined(__x86_64__)
    const auto nowhere = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(0x0500'0000'0000'1000));
    const fault_report got = cause_of([nowhere] { write_to(nowhere); });
    test_environment::check(got == fault_report{}, "an address that no pointer can have");
#endif
  });
}

// Made-up signals. The numbers are from Linux, include/uapi/asm-generic/siginfo.h.

constexpr int sent_by_user = 0, sent_by_thread = -6, kernel = 0x80;
constexpr int key_refused = 4, tag_found_late = 8, tag_found = 9, memory_lost = 4, memory_to_be_lost = 5;

siginfo_t raised(int signal, int code, const void* address) {
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = code;
  info.si_addr = const_cast<void*>(address);
  return info;
}

/// A memory at made-up addresses: [0x10000, 0x20000) is the guard before, and one zone follows every 0x10000 bytes to
/// 0x50000.
struct made_up {
  [[nodiscard]] static zone zone_of(const void* p) noexcept {
    constexpr std::array zones{zone::outside, zone::guard_before, zone::accessible, zone::reserved, zone::guard_after};
    const auto part = reinterpret_cast<std::uintptr_t>(p) / 0x10000;
    return part < zones.size() ? zones[part] : zone::outside;
  }
};

const void* at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

struct expectation {
  int signal, code;
  fault_cause outside, before, accessible, reserved, after;
};

TEST_CASE("classify_fault maps every signal code and zone to its cause", "[classify_fault]") {
  using enum fault_cause;
  const std::array expectations{
      expectation{SIGSEGV, SEGV_ACCERR, unrelated, guard, access, uncommitted, guard},
      expectation{SIGSEGV, SEGV_MAPERR, unrelated, guard, no_page, uncommitted, guard},
      expectation{SIGSEGV, key_refused, protection_key, protection_key, protection_key, protection_key, protection_key},
      expectation{SIGSEGV, tag_found, tag_mismatch, tag_mismatch, tag_mismatch, tag_mismatch, tag_mismatch},
      expectation{SIGBUS, BUS_ADRERR, unrelated, guard, no_page, uncommitted, guard},
      expectation{SIGBUS, BUS_OBJERR, unrelated, guard, no_page, uncommitted, guard},
      expectation{SIGBUS, memory_lost, unrelated, guard, no_page, uncommitted, guard},
  };
  for (const auto& e : expectations) {
    const std::array causes{e.outside, e.before, e.accessible, e.reserved, e.after};
    for (std::size_t part = 0; part < causes.size(); ++part) {
      const void* const p = at(part * 0x10000 + 8);
      CAPTURE(e.signal, e.code, part);
      const fault_report got = classify_fault(raised(e.signal, e.code, p), made_up{});
      CHECK(got.cause == causes[part]);
      CHECK(got.address == p);
      CHECK(got.memory == (part == 0 ? fault_report::no_memory : 0));
      CHECK(got.tag == no_tag);
    }
  }
}

TEST_CASE("classify_fault reports a signal without an address as unrelated or a late tag mismatch",
          "[classify_fault]") {
  const auto in_the_memory = at(0x20008);
  CHECK(classify_fault(raised(SIGSEGV, tag_found_late, nullptr), made_up{}) ==
        fault_report{.cause = fault_cause::tag_mismatch_late});
  const std::array<std::array<int, 2>, 9> others{{{SIGSEGV, sent_by_user},
                                                  {SIGSEGV, sent_by_thread},
                                                  {SIGSEGV, kernel},
                                                  {SIGSEGV, 3},  // SEGV_BNDERR, which is not about a memory
                                                  {SIGBUS, sent_by_user},
                                                  {SIGBUS, BUS_ADRALN},
                                                  {SIGBUS, memory_to_be_lost},
                                                  {SIGILL, ILL_ILLOPC},
                                                  {SIGFPE, FPE_INTDIV}}};
  for (const auto& [signal, code] : others) {
    CAPTURE(signal, code);
    CHECK(classify_fault(raised(signal, code, in_the_memory), made_up{}) == fault_report{});
  }
}

TEST_CASE("classify_fault reports the index of the first memory that contains the address", "[classify_fault]") {
  const linux_allocator vacant;
  const auto info = raised(SIGSEGV, SEGV_ACCERR, at(0x30008));
  CHECK(classify_fault(info).cause == fault_cause::unrelated);
  CHECK(classify_fault(info).address == at(0x30008));
  CHECK(classify_fault(info, vacant).cause == fault_cause::unrelated);
  CHECK(classify_fault(info, vacant, made_up{}).memory == 1);
  CHECK(classify_fault(info, vacant, vacant, made_up{}, made_up{}).memory == 2);
  CHECK(classify_fault(info, made_up{}, vacant).memory == 0);
  CHECK(classify_fault(raised(SIGSEGV, tag_found, at(0x30008))).cause == fault_cause::tag_mismatch);
}

#if defined(__aarch64__)
/// In a child whose thread checks tags in this mode: the report of a handler on a write with tag 7 to memory with tag
/// 5.
template <class A>
fault_report told_of_a_wrong_tag(tag_checks checks, A& a) {
  const tagging::mte_thread_scope scope(checks);
  test_environment::check(scope && a.allocate_tagged(pages{1}, 5), "memory with tag 5");
  auto* const wrong = reinterpret_cast<volatile std::byte*>(a.tagged_data().with_tag(7).get() + 100);
  return cause_of([wrong] {
    *wrong = std::byte{1};
    (void)::getppid();  // asynchronous checks are reported at the next entry to the kernel
  });
}

TEST_CASE("classify_fault reports an access with the wrong tag as a tag mismatch", "[classify_fault][linux]") {
  if (!tagging::mte_thread_scope{}) return skip("this machine has no memory tagging");
  const linux_allocator unasked;
  const posix_allocator unasked_too;
  watched = &unasked;
  watched_too = &unasked_too;
  test_environment::run_isolated("synchronous", [] {
    constexpr int expose_tag_bits = 0x800;  // SA_EXPOSE_TAGBITS, Linux 5.11, not in every C library
    handle_faults(expose_tag_bits);
    linux_arm64_mte_allocator a;
    const fault_report got = told_of_a_wrong_tag(tag_checks::synchronous, a);
    test_environment::check(got.cause == fault_cause::tag_mismatch, "found at once");
    test_environment::check(got.address == without_tag_in(a.data()) + 100, "at the address of the access");
    test_environment::check(got.tag == 7 || got.tag == no_tag, "by that pointer");
    test_environment::check(a.zone_of(got.address) == zone::accessible, "which lies in the memory");
  });
  test_environment::run_isolated("asynchronous", [] {
    handle_faults();
    linux_arm64_mte_allocator::with_tagging<tagging::mte<tagging::mte_mode::asynchronous>> a;
    const fault_report got = told_of_a_wrong_tag(tag_checks::asynchronous, a);
    test_environment::check(got == fault_report{.cause = fault_cause::tag_mismatch_late}, "found late");
  });
}

TEST_CASE("classify_fault separates the tag of a pointer from the address", "[classify_fault]") {
  for (const int code : {int{SEGV_ACCERR}, tag_found, key_refused}) {
    const fault_report got = classify_fault(raised(SIGSEGV, code, at(0xf500'0000'0003'0008)), made_up{});
    CHECK(got.address == at(0x30008));
    CHECK(got.tag == 5);
    CHECK(got.memory == 0);
  }
  CHECK(classify_fault(raised(SIGSEGV, tag_found_late, at(0x0500'0000'0000'0000)), made_up{}) ==
        fault_report{.cause = fault_cause::tag_mismatch_late});
}
#endif

TEST_CASE("each fault cause has a name", "[classify_fault]") {
  using enum fault_cause;
  for (const auto each :
       {unrelated, guard, uncommitted, access, no_page, protection_key, tag_mismatch, tag_mismatch_late})
    CHECK(std::string_view(name(each)) != "unknown cause");
  CHECK(std::string_view(name(static_cast<fault_cause>(99))) == "unknown cause");
}

}  // namespace
}  // namespace quire::test
