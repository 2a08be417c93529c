// SPDX-License-Identifier: BSL-1.0
// Where the MPU cannot do what is requested, nothing changes and the error names the cause. The registers are fake;
// tests on boards show that real ones fault as planned.
#include <array>
#include <cstddef>
#include <cstdint>

#include <quire/backing/cortex_m.hpp>
#include <quire/backing/static_buffer.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

using backing::mpu_error;

/// The MPU of one processor. `Ranges`: PMSAv8.
template <bool Ranges>
struct fake_mpu {
  static constexpr bool has_ranges = Ranges;
  struct region {
    std::uint32_t base = 0, rest = 0;
    friend bool operator==(const region&, const region&) = default;
  };
  static inline std::size_t count = 8;
  static inline std::array<region, 16> all{};
  static inline bool is_on = false, default_map = true, written_while_on = false;

  static void start(std::size_t regions) {
    count = regions;
    all = {};
    is_on = written_while_on = false;
  }

  static std::size_t regions() noexcept { return count; }
  static void read_region(std::size_t i, std::uint32_t& base, std::uint32_t& rest) noexcept {
    base = all[i].base;
    rest = all[i].rest;
  }
  static void write_region(std::size_t i, std::uint32_t base, std::uint32_t rest) noexcept {
    written_while_on = written_while_on || is_on;
    all[i] = {base, rest};
  }
  static bool has_default_map() noexcept { return default_map; }
  static unsigned switch_off() noexcept {
    const bool was = is_on;
    is_on = false;
    return was ? 1 : 0;
  }
  static void switch_on(unsigned) noexcept { is_on = true; }
  static std::uint32_t address(const void* p) noexcept {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(p));
  }
};

alignas(8192) std::byte buffer[8192];
static_storage<8192 - 128, verification::off, 8192> storage;

template <bool Ranges>
using mpu_memory =
    page_allocator<backing::cortex_m<backing::static_buffer<>, fake_mpu<Ranges>, 128>, protection::guarded<1, 1>,
                   tagging::untagged, page_size::in_units_of<128>, placement::anywhere, residency::on_demand>;
template <bool Ranges>
mpu_memory<Ranges> made() {
  return mpu_memory<Ranges>{backing::static_buffer{storage}};
}

template <class T>
bool failed(const result<T>& got, errc code, step at, mpu_error why) {
  return !got && got.error() == error{code, at, static_cast<int>(why)};
}

template <class A>
typename A::pages n(std::uint64_t pages) {
  return typename A::pages{pages};
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("allocate claims nothing without an MPU or with too few regions", "", ((bool Ranges), Ranges),
                       false, true) {
  using mpu = fake_mpu<Ranges>;
  using A = mpu_memory<Ranges>;
  A a = made<Ranges>();
  mpu::start(0);
  CHECK(failed(a.allocate(n<A>(1)), errc::not_supported, step::reserve, mpu_error::no_mpu));
  mpu::start(2);
  CHECK(failed(a.allocate(n<A>(1)), errc::not_supported, step::reserve, mpu_error::too_few_regions));
  CHECK_FALSE(storage.claim.is_taken());
  mpu::start(8);
  CHECK(a.allocate(n<A>(1)));
}

TEMPLATE_TEST_CASE_SIG("allocate fails where a region of the program covers the storage", "", ((bool Ranges), Ranges),
                       false, true) {
  using mpu = fake_mpu<Ranges>;
  using A = mpu_memory<Ranges>;
  mpu::start(8);
  const std::uint32_t at = mpu::address(storage.data());
  // The whole 16 KiB around it, readable and writable.
  mpu::all[7] = Ranges ? typename mpu::region{at - 64, (at + 8192) | 1}
                       : typename mpu::region{at & ~16383U, 1U << 24 | 13U << 1 | 1};
  const auto before = mpu::all;
  A a = made<Ranges>();
  CHECK(failed(a.allocate(n<A>(1)), errc::not_permitted, step::reserve, mpu_error::covered));
  CHECK(mpu::all == before);
  CHECK_FALSE(storage.claim.is_taken());
}

TEST_CASE("allocate fails where a region up to the top of memory covers the storage") {
  using mpu = fake_mpu<true>;
  using A = mpu_memory<true>;
  mpu::start(8);
  mpu::all[7] = {0, 0xffffffe1};
  A a = made<true>();
  CHECK(failed(a.allocate(n<A>(1)), errc::not_permitted, step::reserve, mpu_error::covered));
  CHECK_FALSE(storage.claim.is_taken());
}

TEST_CASE("allocate refuses a storage that powers of two cannot cover") {
  using mpu = fake_mpu<false>;
  using A = mpu_memory<false>;
  mpu::start(8);
  A a{backing::static_buffer{std::span{buffer}.subspan(128, 4096)}};
  CHECK(failed(a.allocate(n<A>(1)), errc::invalid_argument, step::reserve, mpu_error::misplaced));
}

TEMPLATE_TEST_CASE_SIG("protect and grow change nothing when regions are used up", "", ((bool Ranges), Ranges), false,
                       true) {
  using mpu = fake_mpu<Ranges>;
  using A = mpu_memory<Ranges>;
  mpu::start(8);
  A a = made<Ranges>();
  REQUIRE(a.allocate(n<A>(60)));
  fill(a.bytes(), 0x42);
  result<void> got;
  std::size_t page = 1;
  auto before = mpu::all;
  for (; page < 60 && got; page += 2) {
    before = mpu::all;
    got = a.protect(page * 128, 128, page % 4 == 1 ? access::read : access::none);
  }
  CHECK(failed(got, errc::too_many_mappings, step::protect, mpu_error::regions_used_up));
  CHECK(mpu::all == before);
  CHECK(holds(a.bytes(), 0x42));
  CHECK(a.protect(0, a.size(), access::read_write));
  CHECK(a.shrink(n<A>(60), n<A>(30)));
  CHECK(a.grow(n<A>(1)));
}

// PMSAv7 only: with ranges, a smaller memory never takes more regions. 31 pages take three, 30 four, 16 five.
TEST_CASE("shrink and reset change nothing where the program took the remaining regions") {
  using mpu = fake_mpu<false>;
  using A = mpu_memory<false>;
  mpu::start(8);
  A a = made<false>();
  REQUIRE(a.allocate(n<A>(31), n<A>(40)));
  fill(a.bytes(), 0x42);
  const auto few = mpu::all;
  for (auto& each : mpu::all)
    if ((each.rest & 1) == 0) each = {0x40000000, 1U << 24 | 7U << 1 | 1};
  const auto before = mpu::all;

  CHECK(failed(a.shrink(n<A>(1)), errc::too_many_mappings, step::decommit, mpu_error::regions_used_up));
  CHECK(failed(a.reset(n<A>(16)), errc::too_many_mappings, step::decommit, mpu_error::regions_used_up));
  CHECK(mpu::all == before);
  CHECK(a.size_pages() == n<A>(31));
  CHECK(holds(a.bytes(), 0x42));

  mpu::all = few;
  CHECK(a.shrink(n<A>(1)));
  CHECK(a.reset(n<A>(13)));
  CHECK(a.size_pages() == n<A>(13));
}

TEMPLATE_TEST_CASE_SIG("regions of the program stay and regions are written only with the MPU off", "",
                       ((bool Ranges), Ranges), false, true) {
  using mpu = fake_mpu<Ranges>;
  using A = mpu_memory<Ranges>;
  mpu::start(8);
  const typename mpu::region others{0x40000000, Ranges ? 0x400000e1U : 1U << 24 | 7U << 1 | 1};
  mpu::all[0] = mpu::all[5] = others;
  {
    A a = made<Ranges>();
    REQUIRE(a.allocate(n<A>(10), n<A>(40)));
    REQUIRE(a.grow(n<A>(7)));
    REQUIRE(a.discard(128, 256));
    CHECK((mpu::all[0] == others && mpu::all[5] == others));
  }
  for (std::size_t i = 0; i != 8; ++i)
    if (i != 0 && i != 5) CHECK((mpu::all[i].rest & 1) == 0);
  CHECK_FALSE(mpu::written_while_on);
}

}  // namespace quire::test
