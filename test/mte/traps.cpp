// SPDX-License-Identifier: BSL-1.0
// A wrong pointer traps: immediately and with its address if checks are synchronous, later and without one if they are
// not. Each case runs in a child, where a handler classifies the fault by classify_fault.
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <unistd.h>

#include <quire/classify_fault.hpp>
#include <quire/tagging/coloured.hpp>

#include "conformance/common.hpp"
#include "mte/checking.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

constexpr int expose_tags = 0x800;  // SA_EXPOSE_TAGBITS, Linux 5.11

sigjmp_buf way_back;
volatile sig_atomic_t trapped = 0;
fault_report told;
siginfo_t seen;
const void* watched = nullptr;
fault_report (*classify)(const siginfo_t&) = nullptr;

template <class A>
fault_report classify_in(const siginfo_t& info) {
  return classify_fault(info, *static_cast<const A*>(watched));
}
extern "C" void on_trap(int, siginfo_t* info, void*) {
  seen = *info;
  told = classify(*info);
  trapped = 1;
  siglongjmp(way_back, 1);
}

void check(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

template <class A>
void watch(const A& a) {
  watched = &a;
  classify = classify_in<A>;
  struct sigaction action{};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | expose_tags;
  for (const int signal : {SIGSEGV, SIGBUS}) check(::sigaction(signal, &action, nullptr) == 0, "the handler is set");
}
/// Returns whether f returned.
template <class F>
bool passes(F f) {
  told = {};
  trapped = 0;
  if (sigsetjmp(way_back, 1) == 0) f();
  return trapped == 0;
}

void expect_mismatch(std::byte* p, std::size_t memory = 0,
                     const std::source_location& line = std::source_location::current()) {
  for (const bool write : {false, true}) {
    check(!passes([=] { write ? write_to(p) : read_from(p); }), "it traps", line);
    check(told.cause == fault_cause::tag_mismatch, "for its tag", line);
    check(seen.si_signo == SIGSEGV && seen.si_code == 9, "as SEGV_MTESERR", line);
    check(told.address == without_tag_in(p), "at the address of the access", line);
    check(told.memory == memory, "and of the memory that it is in", line);
    check(told.tag == tag_in(p) || tag_in(p) == 0, "by the pointer that did it", line);
  }
}
void expect_passes(std::byte* p) {
  check(passes([=] { write_to(p); }), "the right tag can write");
  check(passes([=] { read_from(p); }), "and read");
}

/// Runs f in a child, in a thread that checks tags.
template <class F>
void in_child(const char* name, F f) {
  const tagging::mte_thread_scope scope;
  REQUIRE(scope.outcome().has_value());
  test_environment::run_isolated(name, f);
}

}  // namespace

TEST_CASE("a wrong tag traps, the right one does not", "[mte]") {
  REQUIRE_TAGS();
  in_child("all tags", [] {
    for (unsigned tag = 1; tag < tag_count; ++tag) {
      tagged_allocator a;
      check(a.allocate_tagged(pages{2}, tag, pages{4}).has_value(), "allocate");
      watch(a);
      for (const std::size_t offset : {0U, 16U, 4095U, 65536U, 131071U}) {
        expect_passes(a.data() + offset);
        for (unsigned other = 0; other < tag_count; ++other)
          if (other != tag) expect_mismatch(with_tag_in(a.data() + offset, other));
      }
    }
  });
}

TEST_CASE("a pointer from before a reset traps", "[mte]") {
  REQUIRE_TAGS();
  in_child("stale", [] {
    with<tagging::mte<>::retag_on_reset> a;
    check(a.allocate(pages{2}, pages{4}).has_value(), "allocate");
    watch(a);
    std::byte* const stale = a.data();
    expect_passes(stale);
    check(a.reset(pages{2}).has_value(), "reset");
    expect_mismatch(stale);
    expect_mismatch(stale + 65536);
    expect_passes(a.data() + 65536);
    check(a.grow(pages{2}).has_value(), "grow");
    expect_mismatch(stale + 3 * 65536);
    expect_passes(a.data() + 3 * 65536);
  });
}

TEST_CASE("use after release traps", "[mte]") {
  REQUIRE_TAGS();
  in_child("released", [] {
    tagged_allocator first, second;
    check(first.allocate_tagged(pages{2}, 3, pages{4}).has_value(), "allocate");
    watch(first);
    std::byte* const stale = first.data();
    check(first.deallocate(first.data(), first.size()).has_value(), "release");
    check(!passes([=] { write_to(stale); }), "nothing is there");
    check(told.cause == fault_cause::unrelated, "that the memory had anything to do with");
    watch(second);
    check(second.allocate_tagged(pages{2}, 4, pages{4}).has_value(), "allocate again");
    // Most kernels reuse the same addresses; otherwise no memory is mapped there.
    check(!passes([=] { write_to(stale); }), "the next owner's memory traps");
    if (without_tag_in(stale) == without_tag_in(second.data()))
      check(told.cause == fault_cause::tag_mismatch && seen.si_code == 9, "for the tag");
  });
}

TEST_CASE("underflow and overflow by one granule trap", "[mte]") {
  REQUIRE_TAGS();
  in_child("guarded", [] {
    tagged_allocator a;
    check(a.allocate(pages{1}, pages{2}).has_value(), "allocate");
    watch(a);
    check(!passes([&] { write_to(a.data() - tag_granule); }) && told.cause == fault_cause::guard, "a guard before");
    check(!passes([&] { write_to(a.data() + 65536); }) && told.cause == fault_cause::uncommitted, "reserved after");
  });
  // Memories without guards, and with a neighbour on each side: only the tags protect them.
  in_child("side by side", [] {
    constexpr std::size_t size = std::size_t{2} << 20;  // exactly the reservation, so that the memories are adjacent
    using A = with<tagging::coloured<>>::with_protection<protection::unguarded>;
    using tagging::coloured;
    A some[3] = {A{coloured<>{.slot = 6}}, A{coloured<>{.slot = 7}}, A{coloured<>{.slot = 8}}};
    for (A& a : some) check(a.allocate(pages{size / 65536}, pages{size / 65536}).has_value(), "allocate");
    bool found = false;
    for (A& low : some)
      for (A& high : some) {
        if (without_tag_in(low.data()) + size != without_tag_in(high.data())) continue;
        found = true;
        watch(low);
        expect_mismatch(high.data() - tag_granule);
        expect_mismatch(high.data() - 1);
        watch(high);
        expect_mismatch(low.data() + size);
        expect_mismatch(low.data() + size + tag_granule - 1);
        expect_passes(low.data() + size - 1);
      }
    if (!found) report_skip("this kernel put no two memories side by side");
  });
}

TEST_CASE("a pointer that strays into another instance traps", "[mte]") {
  REQUIRE_TAGS();
  in_child("instances", [] {
    using A = with<tagging::coloured<>>;
    using tagging::coloured;
    A a{coloured<>{.slot = 0}}, b{coloured<>{.slot = 1}};
    check(a.allocate(pages{2}, pages{4}).has_value() && b.allocate(pages{2}, pages{4}).has_value(), "allocate");
    watch(b);
    // A wrong index of instance a computes this address: that of b, with a's tag.
    const std::ptrdiff_t astray = without_tag_in(b.data()) - without_tag_in(a.data());
    expect_mismatch(a.data() + astray + 70000);
  });
}

TEST_CASE("access rights trap in tagged memories as in untagged ones", "[mte]") {
  REQUIRE_TAGS();
  in_child("rights", [] {
    tagged_allocator a;
    check(a.allocate(pages{2}, pages{4}).has_value(), "allocate");
    watch(a);
    fill(a.bytes(), 0x41);
    check(a.protect(0, 65536, access::read).has_value(), "read only");
    check(!passes([&] { write_to(a.data()); }) && told.cause == fault_cause::access, "a write traps");
    expect_mismatch(with_tag_in(a.data() + 65536, a.tag() % 15 + 1));
    check(all_tagged(a.bytes(), a.tag()) && holds(a.bytes(), 0x41), "tags and contents survive");
    check(a.protect(0, 65536, access::none).has_value(), "no access");
    check(!passes([&] { read_from(a.data()); }) && told.cause == fault_cause::access, "a read traps");
    check(a.protect(0, 65536, access::read_write).has_value(), "and back");
    check(all_tagged(a.bytes(), a.tag()) && holds(a.bytes(), 0x41), "still");
  });
}

TEST_CASE("asynchronous checks are reported later", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope{tag_checks::asynchronous};
  REQUIRE(scope);
  test_environment::run_isolated("late", [] {
    using A = with<tagging::mte<tag_checks::asynchronous>>;
    A a;
    check(a.allocate(pages{1}, pages{4}).has_value(), "allocate");
    watch(a);
    check(!passes([&] {
      write_to(with_tag_in(a.data(), a.tag() % 15 + 1));
      for (int i = 0; i < 1000; ++i) (void)::getppid();
    }),
          "at some later entry to the kernel");
    check(told.cause == fault_cause::tag_mismatch_late && seen.si_code == 8, "as SEGV_MTEAERR");
    check(told.address == nullptr && told.memory == fault_report::no_memory, "without saying where");
  });
}

TEST_CASE("the kernel checks tags in system calls, where it can", "[mte]") {
  REQUIRE_TAGS();
  in_child("system calls", [] {
    tagged_allocator a;
    check(a.allocate(pages{1}, pages{4}).has_value(), "allocate");
    fill(a.bytes(), 0x51);
    int ends[2];
    check(::pipe(ends) == 0, "a pipe");
    check(::write(ends[1], a.data(), 100) == 100 && ::read(ends[0], a.data() + 200, 100) == 100,
          "system calls take the memory by its tagged pointer");
    const long got = ::write(ends[1], with_tag_in(a.data(), a.tag() % 15 + 1), 1);
    if (got == 1) report_skip("this kernel, or an emulation of one, does not check its own accesses");
  });
}

TEST_CASE("discard of unwritable tagged pages is refused, and contents stay", "[mte]") {
  REQUIRE_TAGS();
  if (const char* const why = no_populating()) return skip(why);
  const tagging::mte_thread_scope scope;
  tagged_allocator a;
  REQUIRE(a.allocate(pages{2}, pages{4}).has_value());
  fill(a.bytes(), 0x61);
  REQUIRE(a.protect(0, 65536, access::read).has_value());
  const auto got = a.discard(0, 2 * 65536);
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::not_supported);
  CHECK(got.error().at == step::populate);
  CHECK(holds(a.bytes(), 0x61));
  CHECK(a.discard(65536, 65536).has_value());
  CHECK(a.protect(0, 65536, access::read_write).has_value());
  CHECK(a.discard(0, 65536).has_value());
  CHECK(all_zero(a.bytes()));
}

}  // namespace quire::test
