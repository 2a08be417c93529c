// SPDX-License-Identifier: BSL-1.0
// Detection by processes with fewer privileges than they seem to have: in user namespaces, under filters that kill, and
// with huge pages switched off.
#include <array>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <sched.h>
#include <source_location>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/filtered_calls.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

using kernel = calls::linux_kernel;

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

constexpr std::size_t limit_of_locking = 65536;

bool can_lock(std::size_t bytes) {
  void* const p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return false;
  const bool locked = ::mlock(p, bytes) == 0;
  ::munmap(p, bytes);
  return locked;
}

/// The checks that hold in every user namespace except the initial one, whatever capabilities the process has there.
void check_limit_of_locking() {
  using locked_memory = linux_allocator::with_residency<residency::locked>;
  const auto status = quire::detail::read_status<kernel>();
  expect(status.has(quire::detail::process_status::may_lock) == true, "the capability is held");
  expect(!can_lock(16 * limit_of_locking), "and counts for nothing: the limit is met");
  const auto caps = detect();
  expect(caps.has_value(), "detection works");
  expect(caps->system.initial_user_namespace == false, "the namespace is told");
  expect(caps->limits.locked.limit == limit_of_locking, "the limit holds");
  expect(detect({.try_features = false})->limits.locked.limit == limit_of_locking, "files tell as much");
  expect(quire::detail::locked_limit<kernel>().limit == limit_of_locking, "so those who ask before they lock know it");
  locked_memory memory;
  const auto got = memory.allocate(pages{16}, pages{16});
  expect(!got.has_value() && got.error().at == step::lock, "1 MiB cannot be locked");
  if (got) return;
  const explanation why = explain(got.error(), memory, std::uint64_t{16} * 65536);
  expect(why.kind == limit_kind::configured && why.owner == "RLIMIT_MEMLOCK", "and the reason is found");
}

/// Moves this process into a user namespace of its own. With `identity`, its users map to those of the parent
/// namespace, which only a process outside can arrange. Returns false where that is not permitted.
bool enter_namespace(bool identity) {
  std::array<int, 2> entered{};
  if (::pipe(entered.data()) != 0) return false;
  const pid_t self = ::getpid(), helper = ::fork();
  if (helper == 0) {
    char word = 0;
    ::close(entered[1]);  // so that it reads the end of file
    if (::read(entered[0], &word, 1) != 1) ::_exit(1);
    const std::string map = "/proc/" + std::to_string(self) + "/uid_map";
    constexpr std::string_view whole = "0 0 4294967295";
    const int file = ::open(map.c_str(), O_WRONLY);
    ::_exit(file >= 0 && ::write(file, whole.data(), whole.size()) == static_cast<long>(whole.size()) ? 0 : 1);
  }
  const bool alone = ::unshare(CLONE_NEWUSER) == 0;
  const bool told = alone && (!identity || ::write(entered[1], "x", 1) == 1);
  ::close(entered[1]);
  ::close(entered[0]);
  int status = 1;
  (void)::waitpid(helper, &status, 0);
  return told && (!identity || status == 0);
}

void check_in_namespace(bool identity) {
  constexpr rlimit limit{limit_of_locking, limit_of_locking};
  if (address_sanitizer || thread_sanitizer) return report_skip("a sanitizer's mlock does nothing");
  expect(::setrlimit(RLIMIT_MEMLOCK, &limit) == 0, "a limit can be lowered");
  if (!enter_namespace(identity)) return report_skip("a user namespace of this kind cannot be made here");
  check_limit_of_locking();
}

TEST_CASE("CAP_IPC_LOCK of a user namespace does not lift RLIMIT_MEMLOCK", "[detect][namespace]") {
  test_environment::run_isolated("namespace", [] { check_in_namespace(false); });
}

TEST_CASE("CAP_IPC_LOCK of an identity-mapped user namespace does not lift RLIMIT_MEMLOCK", "[detect][namespace]") {
  test_environment::run_isolated("namespace", [] { check_in_namespace(true); });
}

TEST_CASE("CAP_IPC_LOCK of the initial user namespace lifts RLIMIT_MEMLOCK", "[detect][namespace]") {
  test_environment::run_isolated("limited", [] {
    constexpr rlimit limit{limit_of_locking, limit_of_locking};
    if (address_sanitizer || thread_sanitizer) return report_skip("a sanitizer's mlock does nothing");
    expect(::setrlimit(RLIMIT_MEMLOCK, &limit) == 0, "a limit can be lowered");
    const auto caps = detect();
    const bool is_lifted = can_lock(16 * limit_of_locking);
    expect(caps->limits.locked.limit == (is_lifted ? no_limit : std::uint64_t{limit_of_locking}),
           "the limit is told as it is met");
  });
}

/// The calls that read files, limits and the clock, and that end a process.
std::vector<unsigned> reading_calls() {
  std::vector<unsigned> allowed{SYS_openat,    SYS_read,          SYS_close, SYS_fstat,
                                SYS_prlimit64, SYS_clock_gettime, SYS_exit,  SYS_exit_group};
#ifdef SYS_open
  allowed.push_back(SYS_open);
#endif
#ifdef SYS_newfstatat
  allowed.push_back(SYS_newfstatat);  // as some C libraries implement fstat by it
#endif
#ifdef SYS_getrlimit
  allowed.push_back(SYS_getrlimit);
#endif
  return allowed;
}

TEST_CASE("detect without probing makes only calls that read files and limits", "[detect]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes calls of its own");
  const auto free = detect();
  REQUIRE(free);
  test_environment::run_isolated("killed for calls", [&free] {
    if (!die_of_other_calls(reading_calls())) return report_skip("calls cannot be filtered here");
    const auto caps = detect({.count_mappings = true, .try_features = false});
    expect(caps.has_value(), "detection works");
    expect(caps->memory.total.optional() == free->memory.total.optional(), "memory is known");
    expect(caps->limits.locked.limit.optional() == free->limits.locked.limit.optional(), "limits are known");
    expect(caps->limits.mappings.used.known() == free->limits.mappings.limit.known(), "mappings are counted");
    expect(caps->groups.smallest.known() == free->groups.smallest.known(), "control groups are known");
    expect(!caps->memory.address_bits.known(), "what takes a call is unknown");
    expect(!caps->features[memory_feature::discard].usable.known() &&
               caps->features[memory_feature::discard].usable.source().empty(),
           "nothing is tried");
  });
}

constexpr int except_advised = 2;  // PR_THP_DISABLE_EXCEPT_ADVISED, Linux 6.18

TEST_CASE("huge pages switched off for a process are not reported as usable", "[detect][effective]") {
  if (const char* const why = no_huge_pages()) return skip(why);
  test_environment::run_isolated("switched off", [] {
    huge_linux_allocator before, after;
    expect(before.allocate(pages{64}).has_value(), "a memory is had");
    before.bytes().front() = std::byte{1};
    expect(effective(before).huge_eligible == true, "its advice may have an effect");
    expect(effective(before).huge_bytes == std::size_t{2} << 20, "and has");
    expect(detect()->huge_pages.in_process == huge_mode::always, "nothing is switched off");

    expect(::prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL) == 0, "a process may switch them off");
    expect(after.allocate(pages{64}).has_value(), "the advice succeeds all the same");
    after.bytes().front() = std::byte{1};
    const effective_t obtained = effective(after);
    expect(obtained.huge_advice == huge_request::when_possible, "it stands");
    expect(obtained.huge_eligible == false, "that it has no effect is told");
    expect(obtained.huge_bytes == 0U, "no huge page is claimed");
    expect(effective(before).huge_eligible == false, "nor are more to come for the other memory");
    for (const bool tries : {true, false}) {
      const auto caps = detect({.try_features = tries});
      expect(caps->huge_pages.in_process == huge_mode::never, "detection tells");
      expect(caps->huge_pages.allowed_in_process == false, "in both ways");
    }
  });
}

TEST_CASE("huge pages left to advised memory only are reported as advised", "[detect][effective]") {
  if (const char* const why = no_huge_pages()) return skip(why);
  test_environment::run_isolated("switched off", [] {
    if (::prctl(PR_SET_THP_DISABLE, 1UL, static_cast<unsigned long>(except_advised), 0UL, 0UL) != 0)
      return report_skip("this kernel cannot switch off those that come unasked (Linux 6.18 can)");
    expect(detect()->huge_pages.in_process == huge_mode::advised, "detection tells");
    expect(!detect({.try_features = false})->huge_pages.in_process.known(), "files do not");
    huge_linux_allocator memory;
    expect(memory.allocate(pages{64}).has_value(), "a memory is had");
    memory.bytes().front() = std::byte{1};
    expect(effective(memory).huge_eligible == true, "advice may have an effect");
    expect(effective(memory).huge_bytes == std::size_t{2} << 20, "and has");
  });
}

}  // namespace
}  // namespace quire::test
