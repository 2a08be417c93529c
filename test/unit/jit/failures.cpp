// SPDX-License-Identifier: BSL-1.0
// Each call behind generated code fails in turn: a refusal changes nothing, nothing stays mapped or open, and the
// operation can be repeated. And what systems refuse as a whole: executable pages, files in memory.
#include <cerrno>
#include <cstddef>
#include <set>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <vector>

#include <quire/jit_memory.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/address_ranges.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/filtered_calls.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/jit/machine_code.hpp"
#include "unit/partitions/failing_partition.hpp"

namespace quire::test {
namespace {

constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };

/// Linux with one failing call; records mappings and open files.
struct fragile : calls::linux_kernel, one_failure {
  static inline std::set<int> open;
  static inline address_ranges mapped;
  static inline bool touched_foreign_memory = false;

  static calls::mapping noted(calls::mapping got, std::size_t n, int how) noexcept {
    if (got.error == 0) mapped.set(static_cast<std::byte*>(got.address), n, how);
    return got;
  }
  static void own(const void* p, std::size_t n) noexcept {
    if (!mapped.covers(static_cast<const std::byte*>(p), n)) touched_foreign_memory = true;
  }
  static int memory_file(const char* name, unsigned flags) noexcept {
    if (fails()) return -with;
    const int fd = linux_kernel::memory_file(name, flags);
    if (fd >= 0) open.insert(fd);
    return fd;
  }
  static void close(int fd) noexcept {
    open.erase(fd);
    linux_kernel::close(fd);
  }
  static int resize_file(int fd, std::size_t n) noexcept { return fails() ? with : linux_kernel::resize_file(fd, n); }
  static calls::mapping map_file(void* p, std::size_t n, int how, int flags, int fd, std::size_t at) noexcept {
    if ((flags & map_fixed) != 0) own(p, n);
    return fails() ? calls::mapping{nullptr, with} : noted(linux_kernel::map_file(p, n, how, flags, fd, at), n, how);
  }
  static calls::mapping mmap(void* p, std::size_t n, int how, int flags) noexcept {
    if ((flags & map_fixed) != 0) own(p, n);
    return fails() ? calls::mapping{nullptr, with} : noted(linux_kernel::mmap(p, n, how, flags), n, how);
  }
  static int munmap(void* p, std::size_t n) noexcept {
    own(p, n);
    if (fails()) return with;
    mapped.erase(static_cast<std::byte*>(p), n);
    return linux_kernel::munmap(p, n);
  }
  static int mprotect(void* p, std::size_t n, int how) noexcept {
    own(p, n);
    return fails() ? with : linux_kernel::mprotect(p, n, how);
  }
  static int madvise(void* p, std::size_t n, int advice) noexcept {
    own(p, n);
    return fails() ? with : linux_kernel::madvise(p, n, advice);
  }
  static int mlock(const void* p, std::size_t n) noexcept { return fails() ? with : linux_kernel::mlock(p, n); }
};

using dual = linux_jit_allocator::with_backing<backing::dual_mapped<fragile>>;
using protecting = dual::with_backing<backing::executable_linux_mmap<fragile>>;
constexpr auto codes = {ENOMEM, EPERM, EINVAL, EAGAIN, EACCES, ENFILE};

/// Writes, finalizes, allocates data, releases: what is refused changes nothing, and can be repeated without the
/// failure.
template <class A, class... Given>
void use_code(Given... given) {
  basic_jit_memory<A> jit{given...};
  jit_code first{};
  if (auto scope = jit.write(100)) {
    fill(scope->bytes(), 1);
    if (auto code = scope->finalize()) {
      first = *code;
    } else {
      CHECK(jit.statistics().functions == 1);
      one_failure::disarm();
      first = scope->finalize().value();
    }
  } else {
    CHECK((jit.statistics().functions == 0 && jit.statistics().code == 0));
    one_failure::disarm();
    first = jit.write(100).value().finalize().value();
  }
  {
    const auto dropped = jit.write(3 << 20);
  }
  const jit_statistics before = jit.statistics();
  auto data = jit.allocate_data(5000);
  if (!data) {
    CHECK(jit.statistics().data == 0);
    one_failure::disarm();
    data = jit.allocate_data(5000);
    if (!data) {  // pages of code could not be given back, and whether they are lost was not told
      CHECK(data.error().code == errc::broken);
      return;
    }
  }
  CHECK(all_zero(*data));
  fill(*data, 2);
  if (!jit.protect_data(*data, access::read)) one_failure::disarm();
  CHECK(holds(*data, 2));
  if (!jit.release_data(*data)) {
    one_failure::disarm();
    const auto again = jit.release_data(*data);
    CHECK((again || again.error().code == errc::broken));  // pages that could not be configured again
  }
  CHECK(jit.statistics().functions == before.functions);
  if (!jit.release(first)) {
    one_failure::disarm();
    CHECK(jit.release(first));
  }
}

template <class A, class... Given>
void survive_each_failing_call(Given... given) {
  with_each_call_failing(codes, [&](int) {
    fragile::open.clear();
    fragile::mapped = {};
    fragile::touched_foreign_memory = false;
    use_code<A>(given...);
    CHECK(fragile::open.empty());
    CHECK_FALSE(fragile::touched_foreign_memory);
    one_failure::disarm();
    // A second mapping or the span that the failing call did not unmap stays.
    if (const auto& left = fragile::mapped.all(); !left.empty()) {
      CHECK(one_failure::happened);
      for (const address_range each : left)
        (void)calls::linux_kernel::munmap(const_cast<std::byte*>(each.begin), each.bytes());
    }
  });
}

TEMPLATE_TEST_CASE("whichever call behind code fails nothing is lost", "[jit][fault]", dual, protecting,
                   dual::with_protection<protection::guarded<>>, dual::with_residency<residency::populated>,
                   dual::with_residency<residency::excluded_from_dumps>,
                   dual::with_page_size<page_size::transparent_huge<>>) {
  survive_each_failing_call<TestType>();
}
TEST_CASE("whichever call behind code near an address fails nothing is lost", "[jit][fault]") {
  survive_each_failing_call<dual::with_placement<placement::near_to>>(placement::near_to{&codes});
}

/// vm.memfd_noexec=2, which demands MFD_NOEXEC_SEAL.
struct demanding_noexec : calls::linux_kernel {
  static int memory_file(const char* name, unsigned flags) noexcept {
    return (flags & file_never_executed) == 0 ? -no_access : linux_kernel::memory_file(name, flags);
  }
};
/// A security module that lets no file with MFD_NOEXEC_SEAL be mapped as code.
struct denying_noexec : calls::linux_kernel {
  static inline unsigned flags_of_last = 0;
  static int memory_file(const char* name, unsigned flags) noexcept {
    flags_of_last = flags;
    return linux_kernel::memory_file(name, flags);
  }
  static calls::mapping map_file(void* p, std::size_t n, int how, int flags, int fd, std::size_t at) noexcept {
    if ((how & prot_exec) != 0 && (flags_of_last & file_never_executed) != 0) return {nullptr, no_access};
    return linux_kernel::map_file(p, n, how, flags, fd, at);
  }
};
/// Linux before 6.3 knows neither flag.
struct before_6_3 : calls::linux_kernel {
  static int memory_file(const char* name, unsigned flags) noexcept {
    return (flags & (file_never_executed | file_executed)) != 0 ? -invalid : linux_kernel::memory_file(name, flags);
  }
};

/// Whether reserved pages are told from unmapped ones.
bool sees_reserved_pages() {
  using kernel = calls::linux_kernel;
  const auto got = kernel::mmap(nullptr, kernel::page_bytes(), kernel::prot_none, kernel::map_reservation);
  unsigned char there = 0;
  const bool sees = kernel::mincore(got.address, kernel::page_bytes(), &there) == 0;
  (void)kernel::munmap(got.address, kernel::page_bytes());
  return sees;
}

TEMPLATE_TEST_CASE("code runs whatever the kernel thinks of executable files in memory", "[jit]", demanding_noexec,
                   denying_noexec, before_6_3) {
  if (!has_machine_code) return skip("no code for this processor");
  if (!sees_reserved_pages()) return skip("this emulator takes reserved pages for unmapped ones");
  basic_jit_memory<linux_jit_allocator::with_backing<backing::dual_mapped<TestType>>> jit;
  const jit_code code = made_returning(jit, 9);
  REQUIRE(code.base != nullptr);
  CHECK(run(code) == 9);
}

/// Linux before 6.12, where a call that finds no memory may have unmapped the run.
struct unmapping : calls::linux_kernel {
  static inline bool fails = false, fails_again = false;
  static calls::mapping map_file(void* p, std::size_t n, int how, int flags, int fd, std::size_t at) noexcept {
    if (!fails || (flags & map_fixed) == 0) return linux_kernel::map_file(p, n, how, flags, fd, at);
    (void)linux_kernel::munmap(p, n);
    return {nullptr, no_memory};
  }
  static calls::mapping mmap(void* p, std::size_t n, int how, int flags) noexcept {
    if (fails_again && (flags & map_where_free) != 0) return {nullptr, no_memory};
    return linux_kernel::mmap(p, n, how, flags);
  }
};

TEST_CASE("a slab that a failing call has unmapped is reserved again, or never used", "[jit][fault]") {
  if (!sees_reserved_pages()) return skip("this emulator takes reserved pages for unmapped ones");
  for (const bool stays_lost : {false, true}) {
    basic_jit_memory<linux_jit_allocator::with_backing<backing::dual_mapped<unmapping>>> jit;
    REQUIRE(jit.reserve_address_space(8 << 20));
    const std::byte* const end_of_span = jit.allocate_data(2 << 20).value().data() + jit.slab_bytes;
    unmapping::fails = true;
    unmapping::fails_again = stays_lost;
    const auto refused = jit.write(100);
    unmapping::fails = unmapping::fails_again = false;
    REQUIRE(!refused);
    CHECK(refused.error() == error{errc::out_of_memory, step::commit, ENOMEM});
    const auto scope = jit.write(100);
    REQUIRE(scope);
    CHECK(scope->address() == end_of_span - (stays_lost ? 3 : 4) * std::ptrdiff_t{2 << 20});
  }
}

/// Files in memory, or large mappings, are refused while a flag is set.
struct refusing : calls::linux_kernel {
  static inline bool files = false;
  static inline std::size_t larger_than = SIZE_MAX;
  static int memory_file(const char* name, unsigned flags) noexcept {
    return files ? -ENFILE : linux_kernel::memory_file(name, flags);
  }
  static calls::mapping mmap(void* p, std::size_t n, int how, int flags) noexcept {
    return n > larger_than ? calls::mapping{nullptr, again} : linux_kernel::mmap(p, n, how, flags);
  }
};
using jit_that_is_refused = basic_jit_memory<linux_jit_allocator::with_backing<backing::dual_mapped<refusing>>>;

TEST_CASE("slabs that are refused take nothing of the span, whatever their sizes", "[jit][fault]") {
  if (!sees_reserved_pages()) return skip("this emulator takes reserved pages for unmapped ones");
  jit_that_is_refused jit;
  REQUIRE(jit.reserve_address_space(16 << 20));
  const jit_statistics before = jit.statistics();
  refusing::files = true;
  for (std::size_t slabs = 1; slabs <= 8; ++slabs) CHECK(!jit.write(slabs * jit.slab_bytes));
  refusing::files = false;
  CHECK(jit.statistics() == before);
  CHECK(jit.write(16 << 20));
}

TEST_CASE("a span that the limit on locked memory refuses is smaller", "[jit][fault]") {
  jit_that_is_refused jit;
  refusing::larger_than = 20 << 20;  // mlockall(MCL_FUTURE) and RLIMIT_MEMLOCK
  const auto scope = jit.write(100);
  refusing::larger_than = SIZE_MAX;
  CHECK(scope);
  CHECK(jit.statistics().span == 16 << 20);
}

using of_this_kernel =
    linux_allocator::with_backing<backing::executable_linux_mmap<>>::with_protection<protection::unguarded>;

TEST_CASE("under PR_SET_MDWE code is mapped twice, and pages cannot become executable", "[jit]") {
  if (!has_machine_code) return skip("no code for this processor");
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer maps writable code");
  test_environment::run_isolated("MDWE", [] {
    constexpr int set_mdwe = 65;  // PR_SET_MDWE, Linux 6.3
    if (::prctl(set_mdwe, 1UL, 0UL, 0UL, 0UL) != 0) return report_skip("this kernel has no PR_SET_MDWE");
    basic_jit_memory<near_linux_jit_allocator> jit{placement::near_to{&codes}};
    bool runs = true;
    for (unsigned i = 0; i < 10'000; ++i) {
      const jit_code code = made_returning(jit, static_cast<std::uint16_t>(i));
      runs = runs && code.base != nullptr && run(code) == static_cast<int>(i);
    }
    check(runs, "10,000 functions run");
    basic_jit_memory<of_this_kernel> other;
    auto scope = other.write(100);
    const auto refused = scope->finalize();
    check(!refused && refused.error().code == errc::not_permitted && refused.error().at == step::protect, "protect");
    check(explain(refused.error(), other).kind == limit_kind::permission, "is a matter of permission");
  });
}

TEST_CASE("a seccomp filter that refuses executable pages or files in memory is an error", "[jit]") {
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer maps pages of its own");
  test_environment::run_isolated("no executable pages", [] {
    if (!refuse_executable_pages()) return report_skip("no filter can be installed");
    jit_memory<> jit;
    for (int i = 0; i < 3; ++i) {
      const auto refused = jit.write(100);
      check(!refused && refused.error().code == errc::not_permitted, "no page is mapped as code");
      check(jit.statistics().functions == 0, "nothing has changed");
    }
    check(jit.allocate_data(100).has_value(), "data needs no permission");
    basic_jit_memory<of_this_kernel> other;
    auto scope = other.write(100);
    const auto refused = scope->finalize();
    check(!refused && refused.error().code == errc::not_permitted, "no page becomes code");
  });
  test_environment::run_isolated("no files in memory", [] {
    if (!refuse_calls({SYS_memfd_create})) return report_skip("no filter can be installed");
    jit_memory<> jit;
    const auto refused = jit.write(100);
    check(!refused && refused.error() == error{errc::not_permitted, step::commit, EPERM}, "no file");
    basic_jit_memory<of_this_kernel> other;
    check(!has_machine_code || run(made_returning(other, 3)) == 3, "an executable store needs none");
  });
}

}  // namespace
}  // namespace quire::test
