// SPDX-License-Identifier: BSL-1.0
// The buffer of a Tock application must lie in the memory that the kernel gave the application. The kernel is fake.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <quire/page_allocator_like.hpp>
#include <quire/platform/tock.hpp>
#include <quire/protection/guarded.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "unit/buffers/tock_kernel.hpp"

namespace quire::test {
namespace {

static_storage<128_KiB> storage;
const auto first = reinterpret_cast<std::uintptr_t>(storage.data());
const auto end = first + decltype(storage)::bytes;

error refusal_where_memory_is(std::uintptr_t begin, std::uintptr_t app_break) {
  tock_kernel::memory_is(begin, app_break);
  tock_allocator a{backing::static_buffer{storage}};
  const auto got = a.allocate(pages{1});
  CHECK(storage.claim.is_taken() == got.has_value());
  return got ? error{} : got.error();
}

}  // namespace

TEST_CASE("a buffer within the memory of the application is accepted") {
  tock_kernel::memory_is(first, end);
  tock_allocator a{backing::static_buffer{storage}};
  REQUIRE(a.allocate(pages{1}, pages{2}));
  CHECK(tock_kernel::asked == 2);
  REQUIRE(a.grow(pages{1}, pages{1}));
  CHECK(all_zero(a.bytes()));
  REQUIRE(a.deallocate(a.data(), a.size()));
  CHECK(tock_kernel::asked == 2);
  CHECK_FALSE(storage.claim.is_taken());
}

TEST_CASE("a buffer that exceeds the memory of the application is refused") {
  constexpr error outside{errc::invalid_argument, step::reserve, backing::outside_app_memory};
  CHECK(refusal_where_memory_is(first + 1, end) == outside);
  CHECK(refusal_where_memory_is(first, end - 1) == outside);
  CHECK(refusal_where_memory_is(end, UINTPTR_MAX) == outside);
  CHECK(refusal_where_memory_is(0, first) == outside);
  CHECK(refusal_where_memory_is(0, 0) == outside);
}

TEST_CASE("a status from the kernel becomes an error and the buffer stays free") {
  struct {
    statuscode_t status;
    errc code;
  } const answers[] = {{TOCK_STATUSCODE_INVAL, errc::invalid_argument},
                       {TOCK_STATUSCODE_NOMEM, errc::out_of_memory},
                       {TOCK_STATUSCODE_NOSUPPORT, errc::not_supported},
                       {TOCK_STATUSCODE_FAIL, errc::system}};
  for (const auto& each : answers)
    for (const unsigned which : {1U, 2U}) {
      tock_kernel::memory_is(first, end);
      tock_kernel::fail(which, each.status);
      tock_allocator a{backing::static_buffer{storage}};
      const auto got = a.allocate(pages{1});
      REQUIRE_FALSE(got);
      CHECK(got.error() == error{each.code, step::reserve, static_cast<int>(each.status)});
      CHECK_FALSE(storage.claim.is_taken());
      tock_kernel::memory_is(first, end);
      CHECK(a.allocate(pages{1}));
    }
}

TEST_CASE("a Tock allocator has neither protection nor guards") {
  STATIC_REQUIRE_FALSE(protectable_page_allocator<tock_allocator>);
  STATIC_REQUIRE(page_allocator_like<tock_allocator>);
  STATIC_REQUIRE_FALSE(composable<tock_allocator::backing_type, protection::guarded<>, tagging::untagged,
                                  page_size::native, placement::anywhere, residency::on_demand>);
  STATIC_REQUIRE(tock_allocator::contract.fault == fault::none);
  STATIC_REQUIRE(tock_allocator::contract.success_is_memory);
}

}  // namespace quire::test
