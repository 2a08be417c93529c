// SPDX-License-Identifier: BSL-1.0
// Effects that a process has on itself by means other than the library: it locks or seals pages, forbids calls, lowers
// a limit or uses up its mappings. An operation then succeeds, or is refused and leaves the memory as it was.
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/page_units.hpp"
#include "support/process/filtered_calls.hpp"
#include "support/process/machine.hpp"
#include "support/process/mapping_limit.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

namespace r = residency;
using populated = linux_allocator::with_residency<r::populated>;
using locked = linux_allocator::with_residency<r::locked>;
using assured = linux_allocator::with_residency<r::assured>;
using apart = linux_allocator::with_residency<all_of<r::excluded_from_dumps, r::not_inherited>>;
using with_image = with_images<linux_allocator>;
using in_small_pages = linux_allocator::with_page_size<in_units<4096>>;

constexpr std::size_t page = 65536;
constexpr unsigned char old_byte = 0x5c;

constexpr auto check = [](bool holds, const char* what,
                          const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
};

template <class T>
bool is_refused_for(const result<T>& got, errc code) {
  return !got && got.error().code == code;
}

/// Runs every operation that takes contents away, on eight pages with contents that each operation would lose.
template <class A>
void shrinks_discards_and_resets(A& a) {
  fill(a.bytes(), old_byte);
  check(a.shrink(pages{2}).has_value() && a.size() == 6 * page, "shrink succeeds");
  check(resident_bytes(a.data() + 6 * page, 2 * page) == 0, "and gives memory back");
  check(a.grow(pages{2}).has_value() && all_zero(a.bytes().subspan(6 * page)), "what comes back is zero");
  check(holds(a.bytes().first(6 * page), old_byte), "and nothing else has changed");
  fill(a.bytes(), old_byte);
  check(a.discard(page, 2 * page).has_value() && all_zero(a.bytes().subspan(page, 2 * page)), "discard makes zeros");
  check(a.protect(0, page, access::read).has_value() && a.discard(0, page).has_value(), "of read-only pages, too");
  check(a.reset(pages{3}).has_value() && a.size() == 3 * page && all_zero(a.bytes()), "reset to less");
  fill(a.bytes(), old_byte);
  check(a.reset(pages{9}).has_value() && a.size() == 9 * page && all_zero(a.bytes()), "reset to more");
  fill(a.bytes(), old_byte);
  check(a.shrink(pages{1}).has_value(), "shrink");
  check(a.deallocate(a.data(), a.size()).has_value(), "deallocate");
}

template <class A>
void lifecycle_after(bool (*done_to_itself)(A&)) {
  A a;
  check(a.allocate(pages{8}, pages{12}).has_value(), "allocate");
  if (!done_to_itself(a)) return report_skip("this machine does not let a process do that");
  shrinks_discards_and_resets(a);
}

bool lock_everything() { return ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0; }

template <class... A>
void each_survives(const char* what, auto... done_to_itself) {
  (test_environment::run_isolated(what, [=] { lifecycle_after<A>(done_to_itself...); }), ...);
}

TEST_CASE("a memory shrinks and discards and resets after mlockall", "[linux][own]") {
  if (const char* const reason = no_locking()) return skip(reason);
  each_survives<linux_allocator, populated, locked, assured, apart, huge_linux_allocator, checked_linux_allocator>(
      "mlockall", [](auto&) { return lock_everything(); });
}

TEST_CASE("a memory shrinks and discards and resets after mlock of one page", "[linux][own]") {
  if (const char* const reason = no_locking()) return skip(reason);
  each_survives<linux_allocator, populated, locked, apart, huge_linux_allocator>(
      "mlock", [](auto& a) { return ::mlock(a.data() + 2 * page + 4096, 4096) == 0; });
  each_survives<linux_allocator, populated, apart>("mlock",
                                                   [](auto& a) { return ::mlock(a.data() + 7 * page, page) == 0; });
}

TEST_CASE("a page locked by the process stays locked after discard", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  if (const char* const reason = no_locking()) return skip(reason);
  test_environment::run_isolated("mlock", [] {
    const std::size_t one = calls::linux_kernel::page_bytes();
    linux_allocator a;
    check(a.allocate(pages{2}, pages{4}).has_value(), "allocate");
    if (::mlock(a.data() + one, one) != 0) return report_skip("locking is not permitted");
    fill(a.bytes(), old_byte);
    check(a.discard(0, page).has_value() && all_zero(a.bytes().first(page)), "discard makes zeros");
    check(calls::linux_kernel::is_locked(a.data() + one, one), "the page is still locked");
    check(!calls::linux_kernel::is_locked(a.data() + 2 * one, page - 2 * one), "and no other");
  });
}

template <class A>
void expect_as_it_was(A& a, std::size_t size) {
  check(a.size() == size && holds(a.bytes(), old_byte), "size and contents are as they were");
  check(a.grow(pages{0}).has_value(), "the memory is not broken");
}

TEST_CASE("a memory shrinks and discards and resets where mmap is forbidden", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs mappings of its own");
  each_survives<linux_allocator, populated, apart>("mmap", [](auto&) { return refuse_calls({SYS_mmap}); });
}

TEST_CASE("an operation refused because calls are forbidden leaves the memory as it was", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs these calls, too");
  const auto refused = [](std::initializer_list<unsigned> calls) {
    populated a;
    check(a.allocate(pages{8}, pages{12}).has_value(), "allocate");
    fill(a.bytes(), old_byte);
    if (!refuse_calls(calls)) return report_skip("filters are not permitted");
    check(is_refused_for(a.shrink(pages{2}), errc::not_permitted), "shrink is refused");
    expect_as_it_was(a, 8 * page);
    check(is_refused_for(a.reset(pages{2}), errc::not_permitted), "reset to less is refused");
    expect_as_it_was(a, 8 * page);
  };
  test_environment::run_isolated("mmap and mprotect", [=] { refused({SYS_mmap, SYS_mprotect}); });
  test_environment::run_isolated("mmap, mprotect and madvise", [=] { refused({SYS_mmap, SYS_mprotect, SYS_madvise}); });
  test_environment::run_isolated("madvise", [] {
    linux_allocator a;
    check(a.allocate(pages{8}, pages{12}).has_value(), "allocate");
    fill(a.bytes(), old_byte);
    if (!refuse_calls({SYS_madvise})) return report_skip("filters are not permitted");
    check(is_refused_for(a.discard(0, page), errc::not_permitted), "discard is refused");
    expect_as_it_was(a, 8 * page);
    check(is_refused_for(a.reset(pages{8}), errc::not_permitted), "reset is refused");
    expect_as_it_was(a, 8 * page);
  });
}

TEST_CASE("growth that is refused and cannot be undone leaves the memory as it was", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs these calls, too");
  const auto refused_after = []<class A>(const char* what, auto done_to_itself) {
    test_environment::run_isolated(what, [=] {
      A a;
      check(a.allocate(pages{8}, pages{100}).has_value(), "allocate");
      fill(a.bytes(), old_byte);
      if (::madvise(a.data(), 0, MADV_POPULATE_READ) != 0) return report_skip("this kernel does not tell (5.14 does)");
      if (!done_to_itself(a)) return report_skip("this machine does not let a process do that");
      check(is_refused_for(a.grow(pages{2}), errc::not_permitted), "growth is refused");
      expect_as_it_was(a, 8 * page);
      check(is_refused_for(a.grow(pages{90}), errc::not_permitted), "growth by much is refused");
      check(is_refused_for(a.reset(pages{9}), errc::not_permitted), "reset to more is refused");
      expect_as_it_was(a, 8 * page);
    });
  };
  const auto forbid = [](auto&) { return refuse_calls({SYS_mmap, SYS_mprotect}); };
  const auto seal = [](auto& a) { return calls::linux_kernel::mseal(a.data() + 8 * page, page) == 0; };
  refused_after.operator()<linux_allocator>("mmap and mprotect", forbid);
  refused_after.operator()<populated>("mmap and mprotect", forbid);
  refused_after.operator()<apart>("mmap and mprotect", forbid);
  refused_after.operator()<with_image>("mmap and mprotect", forbid);
  refused_after.operator()<linux_allocator>("mseal", seal);
  refused_after.operator()<locked>("mseal", seal);
}

/// Some pages of a growth are made accessible before the kernel comes to the sealed one, and undoing is refused there.
template <class A>
void refuses_to_grow_over_a_seal(A& a, std::size_t size) {
  std::byte* const end = a.data() + size;
  if (calls::linux_kernel::mseal(end + 4 * page, page) != 0) return report_skip("this kernel has no mseal");
  check(is_refused_for(a.grow(pages{6}), errc::not_permitted), "growth is refused");
  expect_as_it_was(a, size);
  for (std::size_t at = 0; at < 6 * page; at += page)
    check(::madvise(end + at, 4096, MADV_POPULATE_READ) != 0 && errno == EINVAL,
          "nothing beyond the end is accessible");
  check(resident_bytes(end, 6 * page) == 0, "no page stays beyond the end, not even one that was looked at");
  check(is_refused_for(a.reset(pages{size / page + 6}), errc::not_permitted), "reset to more is refused");
  expect_as_it_was(a, size);
  check(resident_bytes(end, 6 * page) == 0, "nor after the reset");
  check(a.grow(pages{4}).has_value() && all_zero(a.bytes().subspan(size)), "growth up to the seal succeeds");
}

TEST_CASE("growth that a seal behind its first page refuses leaves the memory as it was", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs these calls, too");
  const auto over_a_seal = []<class A> {
    test_environment::run_isolated("mseal", [] {
      A a;
      check(a.allocate(pages{8}, pages{100}).has_value(), "allocate");
      fill(a.bytes(), old_byte);
      refuses_to_grow_over_a_seal(a, 8 * page);
    });
  };
  over_a_seal.operator()<linux_allocator>();
  over_a_seal.operator()<populated>();
  over_a_seal.operator()<locked>();
  over_a_seal.operator()<apart>();
  over_a_seal.operator()<with_image>();
}

TEST_CASE("growth into a partition's blocks and a seal behind them is refused with its charge", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs these calls, too");
  test_environment::run_isolated("mseal", [] {
    memory_partition<linux_allocator::backing_type> p;
    check(p.open({.name = "sealed", .maximum = 64 * page, .minimum = 4 * page}).has_value(), "open");
    with_partition<linux_allocator> a{backing::partitioned{p}};
    check(a.allocate(pages{2}, pages{100}).has_value(), "allocate");
    fill(a.bytes(), old_byte);
    refuses_to_grow_over_a_seal(a, 2 * page);
    const bool took_all = a.size() == 2 * page || p.free_bytes() == 0;  // it did not grow where nothing is sealed
    check(p.charged() == a.size() && took_all, "four blocks are taken, and six pages charged");
  });
}

TEST_CASE("a refused discard of untouched pages leaves the memory as it was", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs these calls, too");
  test_environment::run_isolated("madvise", [] {
    linux_allocator a;
    check(a.allocate(pages{8}, pages{12}).has_value(), "allocate");
    a.data()[page] = std::byte{old_byte};
    if (!refuse_calls({SYS_madvise})) return report_skip("filters are not permitted");
    check(is_refused_for(a.discard(0, 2 * page), errc::not_permitted), "discard is refused");
    check(is_refused_for(a.reset(pages{8}), errc::not_permitted), "reset is refused");
    check(a.data()[page] == std::byte{old_byte} && a.grow(pages{0}).has_value(), "the memory is as it was");
  });
}

TEST_CASE("a memory shrinks and discards and resets where mbind is forbidden", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs these calls, too");
  if (const char* const reason = no_numa_calls()) return skip(reason);
  test_environment::run_isolated("mbind", [] {
    numa_linux_allocator a{placement::prefer{.node = 0}};
    check(a.allocate(pages{8}, pages{12}).has_value(), "allocate");
    if (!refuse_calls({SYS_mbind})) return report_skip("filters are not permitted");
    shrinks_discards_and_resets(a);
  });
}

TEST_CASE("a reset of locked pages that cannot be locked again is refused with contents kept", "[linux][own]") {
  if (const char* const reason = no_locking()) return skip(reason);
  test_environment::run_isolated("setuid", [] {
    locked a;
    check(a.allocate(pages{4}, pages{8}).has_value(), "allocate");
    fill(a.bytes(), old_byte);
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0 || ::setuid(65534) != 0) return report_skip("root cannot be given up");
    if (a.reset(pages{4})) return;  // the kernel keeps the pages locked
    expect_as_it_was(a, 4 * page);
  });
}

TEST_CASE("a memory with a sealed page refuses to shrink or reset it and stays usable", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer cannot take the mapping back");
  test_environment::run_isolated("mseal", [] {
    linux_allocator a;
    check(a.allocate(pages{80}, pages{90}).has_value(), "allocate");
    fill(a.bytes(), old_byte);
    if (calls::linux_kernel::mseal(a.data() + 40 * page, 4096) != 0) return report_skip("this kernel has no mseal");
    check(is_refused_for(a.shrink(pages{79}), errc::not_permitted), "shrink is refused");
    check(a.protect(0, 40 * page, access::read_write).has_value(), "pages beside it can be opened again");
    check(a.size() == 80 * page && holds(a.bytes().first(40 * page), old_byte), "contents are as they were");
    check(a.grow(pages{1}).has_value() && a.shrink(pages{2}).has_value(), "beside it the memory lives on");
    check(is_refused_for(a.reset(pages{1}), errc::not_permitted), "reset is refused");
    check(a.grow(pages{0}).has_value(), "the memory is not broken");
  });
}

std::size_t writable_data() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t kib = 0;
  while (status >> word)
    if (word == "VmData:") status >> kib;
  return kib * 1024;
}
bool limit_data(std::size_t more) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) return false;
  limit.rlim_cur = more == std::numeric_limits<std::size_t>::max() ? limit.rlim_max : writable_data() + more;
  return ::setrlimit(RLIMIT_DATA, &limit) == 0;
}

TEST_CASE("a reset that RLIMIT_DATA refuses leaves the memory as it was", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer maps data of its own");
  const auto grows = []<class A>() {
    test_environment::run_isolated("to more", [] {
      A a;
      check(a.allocate(pages{8}, pages{64}).has_value(), "allocate");
      fill(a.bytes(), old_byte);
      if (!limit_data(page)) return report_skip("the limit cannot be set");
      const auto got = a.reset(pages{64});
      check(is_refused_for(got, errc::out_of_memory), "reset is refused for lack of memory");
      expect_as_it_was(a, 8 * page);
      check(
          limit_data(std::numeric_limits<std::size_t>::max()) && a.reset(pages{64}).has_value() && all_zero(a.bytes()),
          "later it succeeds");
    });
    test_environment::run_isolated("of read-only pages", [] {
      A a;
      check(a.allocate(pages{16}, pages{16}).has_value(), "allocate");
      fill(a.bytes(), old_byte);
      check(a.protect(0, 8 * page, access::read).has_value(), "protect");  // the kernel does not count these as data
      if (!limit_data(page)) return report_skip("the limit cannot be set");
      check(!a.reset(pages{16}).has_value(), "reset is refused");
      expect_as_it_was(a, 16 * page);
      check(!a.reset(pages{8}).has_value(), "reset to less is refused");
      expect_as_it_was(a, 16 * page);
      check(
          limit_data(std::numeric_limits<std::size_t>::max()) && a.reset(pages{16}).has_value() && all_zero(a.bytes()),
          "later it succeeds");
    });
  };
  grows.operator()<linux_allocator>();
  grows.operator()<populated>();
  grows.operator()<assured>();
  grows.operator()<posix_allocator>();
  grows.operator()<with_image>();
}

TEST_CASE("a reset to less that cannot map the image again leaves the memory as it was", "[linux][own][images]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer maps data of its own");
  const std::vector<std::byte> contents(3 * page, std::byte{42});
  const auto image = with_image::image::from(contents);
  REQUIRE(image);
  const auto refuses_after = [&](const char* name, auto spoil) {
    test_environment::run_isolated(name, [&] {
      with_image a;
      check(a.allocate_from(*image, 0, pages{8}, pages{8}).has_value(), "allocate");
      spoil(a);
      fill(a.bytes(), old_byte);
      rlimit limit{};
      check(::getrlimit(RLIMIT_DATA, &limit) == 0, "getrlimit");
      const rlimit none{page, limit.rlim_max};
      if (::setrlimit(RLIMIT_DATA, &none) != 0) return report_skip("the limit cannot be set");
      for (const std::size_t kept : {std::size_t{2}, std::size_t{6}}) {
        check(!a.reset(pages{kept}).has_value(), "reset to less is refused");
        expect_as_it_was(a, 8 * page);
      }
      check(::setrlimit(RLIMIT_DATA, &limit) == 0 && a.reset(pages{6}).has_value(), "later it succeeds");
      check(holds(a.bytes().first(3 * page), 42) && all_zero(a.bytes().subspan(3 * page)), "with the image");
    });
  };
  refuses_after("discarded", [](with_image& a) { check(a.discard(page, page).has_value(), "discard"); });
  refuses_after("shrunk", [](with_image& a) {
    check(a.shrink(pages{7}).has_value() && a.grow(pages{7}).has_value(), "shrink and grow");
  });
}

TEST_CASE("refused growth reports whether memory or mappings are exhausted", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer maps data of its own");
  test_environment::run_isolated("RLIMIT_DATA", [] {
    linux_allocator a;
    check(a.allocate(pages{1}, pages{64}).has_value(), "allocate");
    if (!limit_data(page)) return report_skip("the limit cannot be set");
    check(is_refused_for(a.grow(pages{32}), errc::out_of_memory), "memory");
  });
  if (const std::size_t most = most_mappings(); most == 0 || most > 300000)
    return skip("mappings cannot be used up here");
  const auto grows_at_the_limit = []<class A>(errc expected) {
    test_environment::run_isolated("mappings", [=] {
      A a;
      check(a.allocate(pages{0}, pages{64}).has_value(), "allocate");
      all_mappings all;
      all.take();
      const auto got = a.grow(pages{1});
      all.give_back();
      check(got.has_value() || is_refused_for(got, expected), "mappings");
      check(a.size() == (got ? page : 0) && a.grow(pages{1}).has_value(), "the memory lives on");
    });
  };
  grows_at_the_limit.operator()<linux_allocator>(errc::too_many_mappings);
  grows_at_the_limit.operator()<posix_allocator>(errc::out_of_memory);  // POSIX does not report which is exhausted
}

/// Alternates writable and read-only pages until the kernel allows no more mappings.
template <class A>
void scatter(A& a) {
  check(a.allocate(typename A::pages{200001}, typename A::pages{200001}).has_value(), "allocate");
  for (std::size_t i = 1; i < 200000; i += 3)
    if (!a.protect(i * 4096, 4096, access::read)) break;
  a.data()[0] = std::byte{old_byte};
}

TEST_CASE("a memory that used up all mappings itself shrinks and resets", "[linux][own]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs mappings of its own");
  if (const std::size_t most = most_mappings(); most == 0 || most > 130000)
    return skip("mappings cannot be used up here");
  if (calls::linux_kernel::page_bytes() != 4096) return skip("this kernel has no pages of 4 KiB");
  using A = in_small_pages;
  const auto lives_on = [](A& a) {
    const std::size_t size = a.size();
    check(a.grow(typename A::pages{1}).has_value() && all_zero(a.bytes().subspan(size)), "and grows into zeros");
  };
  test_environment::run_isolated("shrink", [=] {
    A a;
    scatter(a);
    check(a.shrink(typename A::pages{200001 - 3}).has_value() && a.size() == std::size_t{3} * 4096, "it shrinks");
    check(a.data()[0] == std::byte{old_byte}, "what is kept is as it was");
    lives_on(a);
  });
  test_environment::run_isolated("shrink by one", [=] {
    A a;
    scatter(a);
    check(a.shrink(typename A::pages{1}).has_value(), "it shrinks");
    lives_on(a);
  });
  for (const unsigned left : {3U, 5U, 1000U, 200001U})
    test_environment::run_isolated("reset", [=] {
      A a;
      scatter(a);
      check(a.reset(typename A::pages{left}).has_value() && all_zero(a.bytes()), "it is reset");
      if (a.size() < a.capacity()) lives_on(a);
    });
}

TEST_CASE("a forked child operates on inherited memories without effect on the parent", "[linux][own]") {
  if (thread_sanitizer) return skip("the sanitizer lets no child go on");
  test_environment::run_isolated("fork", [] {
    linux_allocator a;
    check(a.allocate(pages{8}, pages{12}).has_value(), "allocate");
    fill(a.bytes(), old_byte);
    const pid_t child = ::fork();
    if (child == 0) {
      const bool good = a.shrink(pages{2}).has_value() && a.grow(pages{2}).has_value() &&
                        all_zero(a.bytes().subspan(6 * page)) && a.reset(pages{9}).has_value() && all_zero(a.bytes());
      ::_exit(good ? 0 : 1);
    }
    int status = 0;
    check(child > 0 && ::waitpid(child, &status, 0) == child && status == 0, "the child's operations succeed");
    check(holds(a.bytes(), old_byte), "the parent's memory is as it was");
    shrinks_discards_and_resets(a);
  });
}

TEST_CASE("a memory shrinks and discards and resets after advice given by the process", "[linux][own]") {
  each_survives<linux_allocator, populated, huge_linux_allocator>(
      "madvise", [](auto& a) { return ::madvise(a.data(), 4 * page, MADV_DONTFORK) == 0; });
  each_survives<linux_allocator, huge_linux_allocator>(
      "PR_SET_THP_DISABLE", [](auto&) { return ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0; });
}

}  // namespace
}  // namespace quire::test
