// SPDX-License-Identifier: BSL-1.0
// Huge pages from a real pool where one exists or can be created, and behaviour without a pool.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include <quire/fallback.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/populated.hpp>

#include "support/conformance.hpp"
#include "support/fakes/fake_pool.hpp"
#include "support/page_units.hpp"
#include "support/process/huge_pool.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

using explicit_2m = page_size::explicit_huge<2_MiB>;
using from_pool = linux_allocator::with_page_size<explicit_2m>;
constexpr std::size_t pool_pages = 16;

constexpr auto check = [](bool holds, const char* what,
                          const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
};

template <class F>
void run_with_pool(const char* name, F f) {
  test_environment::run_isolated(name, [&] {
    const pool_outcome got = with_huge_pool(pool_pages, f);
    if (got.refused != nullptr) report_skip(got.refused);
    if (got.failed != nullptr) check(false, got.failed);
  });
}

TEST_CASE("an allocator over a real pool passes the conformance cases", "[pool]") {
  run_with_pool("all cases", run_conformance_cases<test_environment, plain<from_pool>>);
}

TEST_CASE("a process killed while it uses a test pool counts as a failure and the pool is restored", "[pool]") {
  const std::size_t free = free_huge_pages();
  test_environment::run_isolated("dying", [free] {
    const pool_outcome got = with_huge_pool(pool_pages + free, [] { std::raise(SIGKILL); });
    if (got.refused != nullptr) return report_skip(got.refused);
    check(got.failed != nullptr, "a death is a failure");
  });
  CHECK(free_huge_pages() == free);
}

TEST_CASE("pages are taken from the pool when committed and return on shrink and destruction", "[pool]") {
  run_with_pool("taking pages", [] {
    const std::size_t free = free_huge_pages();
    {
      from_pool a;
      check(a.allocate(pages{0}, pages{1000}).has_value() && free_huge_pages() == free, "a reservation takes none");
      check(a.grow(pages{1}).has_value() && free_huge_pages() == free - 1, "the first page takes one");
      check(mapping_at(a.data()).private_hugetlb == 2_MiB && mapping_at(a.data()).kernel_page == 2_MiB, "of 2 MiB");
      check(a.grow(pages{31}).has_value() && free_huge_pages() == free - 1, "which holds 32 pages");
      check(a.grow(pages{1}).has_value() && free_huge_pages() == free - 2, "the next takes another");
      check(a.shrink(pages{1}).has_value() && free_huge_pages() == free - 1, "shrinking gives it back");
    }
    check(free_huge_pages() == free, "so does the destructor");
  });
}

TEST_CASE("allocate and grow beyond the pool return an error without a signal", "[pool]") {
  run_with_pool("using it up", [] {
    const std::size_t free = free_huge_pages();
    const std::uint64_t too_many = (free + 1) * 32;
    from_pool a;
    const auto got = a.allocate(pages{too_many}, pages{too_many});
    check(!got && got.error().code == errc::out_of_memory && got.error().at == step::populate, "allocate says so");
    check(a.data() == nullptr && free_huge_pages() == free, "and gives back what it took");
    check(a.allocate(pages{64}, pages{too_many}).has_value(), "a smaller memory can be had");
    fill(a.bytes(), 0x31);
    const auto grown = a.grow(pages{too_many - 64});
    check(!grown && grown.error().code == errc::out_of_memory, "grow says so");
    check(a.size() == 64 * 65536 && holds(a.bytes(), 0x31) && free_huge_pages() == free - 2, "and changes nothing");
  });
}

TEST_CASE("fallback takes the next candidate when the pool is too small", "[pool]") {
  run_with_pool("falling back", [] {
    fallback<linux_allocator::with_page_size<explicit_2m>, huge_linux_allocator> a, b;
    check(a.allocate(pages{32}, pages{64}).has_value() && a.acting() == 0, "the pool serves");
    const std::uint64_t too_many = (free_huge_pages() + 1) * 32;
    check(b.allocate(pages{too_many}, pages{too_many}).has_value() && b.acting() == 1, "until it cannot");
    check(free_huge_pages() == too_many / 32 - 1, "and the attempt takes nothing");
  });
}

/// A page returned to the pool could be taken by another process, and the next touch would then be killed.
TEST_CASE("discarded pages of a pool stay reserved for the memory", "[pool]") {
  if (const char* const reason = no_populating()) return skip(reason);
  using fake = from_pool::with_backing<backing::linux_mmap<fake_pool<calls::linux_kernel>>>;
  fake a;
  REQUIRE(a.allocate(pages{128}, pages{128}).has_value());
  fill(a.bytes(), 0x32);
  REQUIRE(a.protect(2_MiB, 2_MiB, access::none).has_value());
  REQUIRE(a.protect(4_MiB, 2_MiB, access::read).has_value());
  REQUIRE(a.discard(0, 8_MiB).has_value());
  CHECK(resident_bytes(a.data(), 2_MiB) == 2_MiB);
  CHECK(resident_bytes(a.data() + 6_MiB, 2_MiB) == 2_MiB);  // the page after one that cannot be touched
  REQUIRE(a.protect(2_MiB, 2_MiB, access::read_write).has_value());
  CHECK(resident_bytes(a.data() + 2_MiB, 2_MiB) == 2_MiB);
  CHECK(all_zero(a.bytes()));
}

TEST_CASE("pages of a pool are withheld from child processes unless the policy says inherited", "[pool]") {
  if (const char* const reason = no_fork_advice()) return skip(reason);
  if (const char* const reason = no_populating()) return skip(reason);
  using fake = from_pool::with_backing<backing::linux_mmap<fake_pool<calls::linux_kernel>>>;
  using shared = page_size::explicit_huge<2_MiB, page_size::inherited>;
  const auto is_withheld = [](auto& a) {
    REQUIRE(a.allocate(pages{32}, pages{128}).has_value());
    REQUIRE(a.grow(pages{32}).has_value());
    REQUIRE((a.discard(0, 2_MiB).has_value() && a.shrink(pages{32}).has_value() && a.reset(pages{64}).has_value()));
    const auto all = mappings_in(a.data(), a.capacity());
    return std::all_of(all.begin(), all.end(), [](const mapping_facts& m) { return m.has_flag("dc"); });
  };
  fake a;
  fallback<fake, fake::with_page_size<page_size::native>> chosen;
  fake::with_page_size<in_units<4096, explicit_2m>> in_small_units;
  fake::with_page_size<shared> inherited;
  fake::with_page_size<shared>::with_residency<residency::populated> populated;
  CHECK((is_withheld(a) && is_withheld(chosen)));
  REQUIRE(in_small_units.allocate(decltype(in_small_units)::pages{1}).has_value());
  CHECK(mapping_at(in_small_units.data()).has_flag("dc"));
  CHECK((!is_withheld(inherited) && !is_withheld(populated)));
}

/// In a child that owns the whole pool and has a child of its own: the fault, if any, of a write to its memory.
template <class A>
caught_fault write_beside_a_child() {
  A a;
  check(a.allocate(pages{free_huge_pages() * 32}).has_value() && free_huge_pages() == 0, "all of the pool is taken");
  fill(a.bytes(), 0x11);
  int ends[2];
  check(::pipe(ends) == 0, "there is a pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    char end = 0;
    ::_exit(::read(ends[0], &end, 1) == 0 ? 0 : 1);  // waits until the parent has written
  }
  ::close(ends[0]);
  const caught_fault got = catch_fault([](void* p) { *static_cast<std::byte*>(p) = std::byte{2}; }, a.data());
  ::close(ends[1]);
  int status = 0;
  check(::waitpid(child, &status, 0) == child && status == 0, "the child ends by itself");
  return got;
}

TEST_CASE("a write while a child exists takes no pool page unless the memory is inherited", "[pool]") {
  run_with_pool("writing", [] {
    check(write_beside_a_child<from_pool>().signal == 0, "no signal");
    using inherited = from_pool::with_page_size<page_size::explicit_huge<2_MiB, page_size::inherited>>;
    check(write_beside_a_child<inherited>().signal == SIGBUS, "this is what the opposite risks");
  });
}

TEST_CASE("allocate from an empty pool fails at once", "[pool]") {
  if (const char* const reason = no_huge_mappings()) return skip(reason);
  if (free_huge_pages() != 0) return skip("there is a pool of huge pages, which is not empty");
  from_pool a;
  const auto got = a.allocate(pages{1}, pages{1});
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::out_of_memory);
  CHECK(a.data() == nullptr);
}

TEST_CASE("a huge page size without a pool on this machine is not_supported", "[pool]") {
  linux_allocator::with_page_size<page_size::explicit_huge<8_MiB>> a;
  const auto got = a.allocate(pages{1}, pages{1});
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error() == error{errc::not_supported, step::reserve, EINVAL});
}

}  // namespace
}  // namespace quire::test
