// SPDX-License-Identifier: BSL-1.0
// Real limits of this kernel, met in a process of their own and named by explain().
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr uid_t nobody = 65534;  // because root is exempt from RLIMIT_MEMLOCK
using figures = calls::linux_kernel;

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

template <class Resource>
void set_limit(Resource resource, std::uint64_t bytes) {
  const rlimit both{bytes, bytes};
  expect(::setrlimit(resource, &both) == 0, "a limit can be lowered");
}

/// Returns whether the kernel keeps a limit that the child set; an emulated kernel may not.
template <class Resource>
bool keeps_limit(Resource resource, std::uint64_t bytes) {
  set_limit(resource, bytes);
  rlimit now{};
  if (::getrlimit(resource, &now) == 0 && now.rlim_cur == bytes) return true;
  report_skip("this kernel does not keep a limit that it was given");
  return false;
}

/// The error of an operation that must fail.
template <class Result>
error failed(const Result& result, step at, const std::source_location& where = std::source_location::current()) {
  expect(!result.has_value(), "the operation fails", where);
  if (result) return {errc::system, step::plan, 0};
  expect(result.error().at == at, "it fails at the expected step", where);
  return result.error();
}

bool is(const explanation& e, limit_kind which, std::string_view owner) { return e.kind == which && e.owner == owner; }

TEST_CASE("explain names RLIMIT_AS where this kernel enforces it", "[explain]") {
  test_environment::run_isolated("RLIMIT_AS", [] {
    const std::uint64_t most = *detail::status_of<figures>("VmSize") + 1024 * mib;
    if (!keeps_limit(RLIMIT_AS, most)) return;
    linux_allocator memory;
    const error e = failed(memory.allocate(pages{1}), step::reserve);
    for (const std::size_t wanted : {std::size_t{0}, std::size_t{1} << 32}) {
      const explanation why = explain(e, memory, wanted);
      expect(is(why, limit_kind::configured, "RLIMIT_AS"), "it is RLIMIT_AS");
      expect(why.limit == most, "with its figure");
      expect(why.used && *why.used <= most - 1023 * mib, "and its use");
    }
    expect(is(explain(e, memory, 16 * 65536), limit_kind::configured, "RLIMIT_AS"),
           "also where pages are named, and not 4 GiB");
    const explanation room = headroom(memory);
    expect(is(room, limit_kind::configured, "RLIMIT_AS") && room.room() == 0U, "and there is no headroom for another");
    expect(memory.allocate(pages{1}, pages{1024}).has_value(), "less than the limit is possible");
  });
}

TEST_CASE("explain names RLIMIT_DATA where this kernel enforces it", "[explain]") {
  test_environment::run_isolated("RLIMIT_DATA", [] {
    const std::uint64_t most = *detail::status_of<figures>("VmData") + 64 * mib;
    if (!keeps_limit(RLIMIT_DATA, most)) return;
    linux_allocator memory;
    expect(memory.allocate(pages{1}).has_value(), "a reservation does not count");
    const error e = failed(memory.grow(pages{2048}), step::commit);
    for (const std::size_t wanted : {std::size_t{0}, std::size_t{128} << 20}) {
      const explanation why = explain(e, memory, wanted);
      expect(is(why, limit_kind::configured, "RLIMIT_DATA"), "it is RLIMIT_DATA");
      expect(why.limit == most, "with its figure");
      expect(why.room() && *why.room() < 64 * mib && *why.room() > 60 * mib, "and its room");
    }
    expect(memory.grow(pages{512}).has_value(), "less than the limit is possible");
  });
}

TEST_CASE("explain names RLIMIT_MEMLOCK where this kernel enforces it", "[explain]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  test_environment::run_isolated("RLIMIT_MEMLOCK", [] {
    set_limit(RLIMIT_MEMLOCK, mib);
    if (::geteuid() == 0) expect(::setuid(nobody) == 0, "root can be given up");
    linux_allocator::with_residency<residency::locked> memory;
    const explanation why = explain(failed(memory.allocate(pages{32}), step::lock), memory, 2 * mib);
    expect(is(why, limit_kind::configured, "RLIMIT_MEMLOCK"), "it is RLIMIT_MEMLOCK");
    expect(why.limit == mib && why.used == 0U, "with its figures");
    expect(memory.allocate(pages{8}).has_value(), "less than the limit is possible");
    expect(memory.deallocate(memory.data(), memory.size()).has_value(), "and given back");

    set_limit(RLIMIT_MEMLOCK, 0);
    const error refused = failed(memory.allocate(pages{1}), step::lock);
    expect(refused.code == errc::not_permitted, "nothing may be locked");
    expect(is(explain(refused, memory), limit_kind::configured, "RLIMIT_MEMLOCK"), "it is RLIMIT_MEMLOCK again");
  });
}

TEST_CASE("explain names RLIMIT_MEMLOCK for a reservation under MCL_FUTURE", "[explain]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  test_environment::run_isolated("mlockall(MCL_FUTURE)", [] {
    set_limit(RLIMIT_MEMLOCK, 8 * mib);
    if (::geteuid() == 0) expect(::setuid(nobody) == 0, "root can be given up");
    if (::mlockall(MCL_FUTURE) != 0) return report_skip("this kernel does not lock what is mapped in future");
    const auto expect_it_named = [](auto memory) {
      const error e = failed(memory.allocate(pages{1}), step::reserve);
      expect(e.code == errc::out_of_memory, "it is not address space that is lacking");
      const explanation why = explain(e, memory, 65536);
      expect(is(why, limit_kind::configured, "RLIMIT_MEMLOCK") && why.limit == 8 * mib, "it is RLIMIT_MEMLOCK");
      expect(explain(e, memory).owner == "RLIMIT_MEMLOCK", "without an amount as well");
      expect(headroom<decltype(memory)>(limits{pages{1024}}).owner == "RLIMIT_MEMLOCK", "headroom tells beforehand");
    };
    expect_it_named(linux_allocator{});
    expect_it_named(linux_allocator{limits{pages{1024}}});
    expect_it_named(wasm_linux_allocator{limits{pages{1}}});
    linux_allocator small{limits{pages{16}}};
    expect(small.allocate(pages{1}).has_value(), "less than the limit is possible");
  });
}

TEST_CASE("explain names RLIMIT_MEMLOCK where the last candidate of a fallback met it", "[explain]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  test_environment::run_isolated("fallback, then RLIMIT_MEMLOCK", [] {
    set_limit(RLIMIT_MEMLOCK, mib);
    if (::geteuid() == 0) expect(::setuid(nobody) == 0, "root can be given up");
    using locked = linux_allocator::with_residency<residency::locked>;
    fallback<locked::with_page_size<page_size::explicit_huge<2 * mib>>, locked> memory;
    const error e = failed(memory.allocate(pages{32}), step::lock);
    // Without an amount the limit may be unknown where the system hides its control groups.
    expect(is(explain(e, memory, 2 * mib), limit_kind::configured, "RLIMIT_MEMLOCK"), "it is RLIMIT_MEMLOCK");
  });
}

/// Makes every second page of a reservation accessible until the kernel refuses another mapping. Returns whether it
/// did.
bool use_up_mappings(std::uint64_t most) {
  const std::size_t page = figures::page_bytes();
  const auto got = figures::mmap(nullptr, (most + 1000) * page, PROT_NONE, figures::map_reservation);
  if (got.error != 0) return false;
  for (std::size_t i = 1; i < most + 1000; i += 2)
    if (figures::mprotect(static_cast<std::byte*>(got.address) + i * page, page, PROT_READ) != 0) return true;
  return false;
}

std::uint64_t mappings_shown() {
  std::ifstream maps{"/proc/self/maps"};
  return static_cast<std::uint64_t>(std::count(std::istreambuf_iterator<char>{maps}, {}, '\n'));
}

TEST_CASE("explain names vm.max_map_count where this kernel enforces it", "[explain]") {
  const auto most = detail::number_in<figures>("/proc/sys/vm/max_map_count");
  if (!most || *most > 300'000) return skip("vm.max_map_count is hidden, or too high to be reached in a second");
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs mappings of its own to go on");
  test_environment::run_isolated("max_map_count", [most] {
    expect(linux_allocator{}.allocate(pages{2}, pages{4}).has_value(), "before, a memory can be had");
    expect(use_up_mappings(*most), "the limit can be reached");
    linux_allocator another;
    const auto made = another.allocate(pages{1});
    expect(!made.has_value(), "another memory is refused");
    if (made) return;
    if (mappings_shown() + 3 < *most) return report_skip("this kernel counts mappings that it does not show");
    const explanation why = explain(made.error(), another);
    expect(is(why, limit_kind::mappings, "vm.max_map_count"), "it is the number of mappings");
    expect(why.limit == most, "with its figure");
    expect(why.room() && *why.room() < 3, "which is used up");
    expect(is(headroom<linux_allocator>(), limit_kind::mappings, "vm.max_map_count"), "and leaves no headroom");
  });
}

TEST_CASE("explain names the address space where no hole fits the reservation", "[explain]") {
  if (detail::rlimit_of_address_space<figures>() != UINT64_MAX) return skip("RLIMIT_AS is set");
  if (const char* const why = no_free_address_space()) return skip(why);
  constexpr std::uint64_t beyond = std::uint64_t{1} << 57;
  linux_allocator memory{limits{pages{beyond / 65536}}};
  const auto made = memory.allocate(pages{1});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::out_of_address_space);
  for (const std::size_t wanted : {std::size_t{0}, std::size_t{beyond}}) {
    const explanation why = explain(made.error(), memory, wanted);
    CHECK(why.kind == limit_kind::address_space);
    REQUIRE(why.room());
    CHECK(*why.room() < beyond);
    CHECK(explain(made.error(), memory, wanted) == why);  // the same every time
    CHECK(std::has_single_bit(why.limit.value_or(0)));
    linux_allocator largest{limits{pages{*why.room() / 65536 - 1024}}};
    CHECK(largest.allocate(pages{1}).has_value());
  }
}

TEST_CASE("explain names the pool of huge pages where it is empty", "[explain]") {
  if (const char* const why = no_huge_mappings()) return skip(why);
  constexpr std::size_t size = std::size_t{2} << 20;
  const explanation state = detail::huge_page_pool<figures>(size);
  if (!state.room() || *state.room() != 0) return skip("this machine has huge pages of 2 MiB to give, or hides them");
  linux_allocator::with_page_size<page_size::explicit_huge<size>> memory;
  const auto made = memory.allocate(pages{1}, pages{64});
  REQUIRE_FALSE(made);
  CHECK(explain(made.error(), memory) == state);
}

TEST_CASE("explain names an absent node", "[explain]") {
  if (const char* const why = no_numa_calls()) return skip(why);
  numa_linux_allocator memory{placement::prefer{.node = node_set::capacity - 1}};
  const auto made = memory.allocate(pages{1});
  REQUIRE_FALSE(made);
  CHECK(explain(made.error(), memory).owner == "this machine: a node is absent or not allowed");
}

TEST_CASE("explain names a kernel without names of mappings", "[explain]") {
  linux_allocator::with_tagging<tagging::named<"quire">> memory;
  const auto made = memory.allocate(pages{1});
  if (made) return skip("this kernel has names of mappings");
  CHECK(explain(made.error(), memory).owner == "this kernel: no names of mappings");
}

}  // namespace
}  // namespace quire::test
