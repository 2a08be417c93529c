// SPDX-License-Identifier: BSL-1.0
// Buffers in each form, the errors of a bad buffer, and the claim.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "unit/buffers/storages.hpp"

extern "C" std::byte quire_test_begin[], quire_test_end[], quire_test_bad_end[];  // see meson.build

namespace quire::test {
namespace {

using backing::buffer_error;
using backing::static_buffer;

static_storage<128_KiB> named;
static_storage<64_KiB> claimed_storage;
alignas(16) std::byte bare_array[128_KiB];
alignas(16) std::array<std::byte, 128_KiB> bare_std_array;
static_storage<128_KiB, verification::off, 4096> aligned_storage;

template <class T>
bool failed_with(const result<T>& got, errc code, buffer_error why) {
  return !got && got.error() == error{code, step::reserve, static_cast<int>(why)};
}

template <class A>
void has_a_lifecycle(A a) {
  REQUIRE(a.allocate(pages{1}));
  CHECK(all_zero(a.bytes()));
  fill(a.bytes(), 0x77);
  REQUIRE(a.grow(pages{1}));
  CHECK(holds(a.bytes().first(chunk), 0x77));
  CHECK(all_zero(a.bytes().subspan(chunk)));
  fill(a.bytes(), 0x77);
  REQUIRE(a.shrink(pages{2}, pages{1}));
  REQUIRE(a.grow(pages{1}));
  CHECK(all_zero(a.bytes().subspan(chunk)));
  CHECK(a.grow(pages{1}).error().code == errc::limit_exceeded);
  REQUIRE(a.deallocate(a.data(), a.size()));
  REQUIRE(a.allocate(pages{2}));
  CHECK(all_zero(a.bytes()));
}

}  // namespace

storage_claim linker_claim;

TEST_CASE("a memory over every form of buffer allocates and grows and shrinks and releases") {
  has_a_lifecycle(over_buffer<static_buffer<named>>{});
  has_a_lifecycle(over_buffer<static_buffer<bare_array>>{});
  has_a_lifecycle(over_buffer<static_buffer<bare_std_array>>{});
  has_a_lifecycle(over_buffer<static_buffer<aligned_storage>>{});
  has_a_lifecycle(over_buffer<static_buffer<quire_test_begin, quire_test_end>>{});
  has_a_lifecycle(over_buffer<static_buffer<quire_test_begin, quire_test_end, linker_claim>>{});
  has_a_lifecycle(over_buffer<static_buffer<>>{static_buffer{std::span{bare_array}}});
  has_a_lifecycle(over_buffer<static_buffer<>>{static_buffer{named}});
}

TEST_CASE("a named buffer adds no word to the object and none to its storage") {
  CHECK(sizeof(over_buffer<static_buffer<named>>) == 4 * sizeof(void*));
  CHECK(sizeof(over_buffer<static_buffer<quire_test_begin, quire_test_end>>) == 4 * sizeof(void*));
  CHECK(sizeof(over_buffer<backing::verified<static_buffer<named>, verification::off>>) == 4 * sizeof(void*));
  CHECK(sizeof(static_storage<64_KiB>) <= 64_KiB + alignof(std::max_align_t));
}

TEST_CASE("without limits the buffer is the limit") {
  over_buffer<static_buffer<named>> a;
  REQUIRE(a.allocate(pages{1}));
  CHECK(a.capacity() == 128_KiB);
  CHECK(a.data() == named.data());
}

TEST_CASE("a second claim is refused until the first ends") {
  over_buffer<static_buffer<claimed_storage>> first, second;
  REQUIRE(first.allocate(pages{1}));
  fill(first.bytes(), 0x11);
  CHECK(failed_with(second.allocate(pages{1}), errc::already_allocated, buffer_error::in_use));
  CHECK(holds(first.bytes(), 0x11));
  CHECK(second.data() == nullptr);
  REQUIRE(first.deallocate(first.data(), first.size()));
  CHECK_FALSE(claimed_storage.claim.is_taken());
  REQUIRE(second.allocate(pages{1}));
  CHECK(all_zero(second.bytes()));
}

TEST_CASE("the destructor gives the claim back and a move hands it over") {
  {
    over_buffer<static_buffer<claimed_storage>> first;
    REQUIRE(first.allocate(pages{1}));
    over_buffer<static_buffer<claimed_storage>> second{std::move(first)};
    CHECK(claimed_storage.claim.is_taken());
  }
  CHECK_FALSE(claimed_storage.claim.is_taken());
}

TEST_CASE("a refused allocate leaves no claim") {
  over_buffer<static_buffer<claimed_storage>> a;
  CHECK(a.allocate(pages{2}).error().code == errc::limit_exceeded);
  CHECK_FALSE(claimed_storage.claim.is_taken());
  over_buffer<static_buffer<claimed_storage>> larger{limits{.maximum = pages{2}}};
  CHECK(failed_with(larger.allocate(pages{1}), errc::out_of_address_space, buffer_error::too_small));
  CHECK_FALSE(claimed_storage.claim.is_taken());
}

TEST_CASE("a misaligned buffer is refused") {
  over_buffer<static_buffer<>> a{static_buffer{std::span{bare_array}.subspan(1, 70000)}};
  CHECK(failed_with(a.allocate(pages{1}), errc::invalid_argument, buffer_error::misaligned));
}

TEST_CASE("linker symbols in reverse order make an empty buffer") {
  over_buffer<static_buffer<quire_test_begin, quire_test_bad_end>> a;
  CHECK_FALSE(a.allocate(pages{0}, pages{1}));
  CHECK(a.allocate(pages{1}).error().code == errc::limit_exceeded);
}

TEST_CASE("allocate without a buffer is an error") {
  over_buffer<static_buffer<>> a{static_buffer{std::span<std::byte>{}}};
  CHECK_FALSE(a.allocate(pages{1}));
}

TEST_CASE("exactly one of several threads gets the buffer", "[threads]") {
  for (int round = 0; round != 100; ++round) {
    std::atomic<int> got = 0, refused = 0;
    std::vector<std::jthread> threads;
    std::atomic<bool> go = false;
    for (int i = 0; i != 4; ++i)
      threads.emplace_back([&] {
        over_buffer<static_buffer<claimed_storage>> a;
        while (!go) std::this_thread::yield();
        if (a.allocate(pages{1}))
          ++got;
        else
          ++refused;
        while (got + refused != 4) std::this_thread::yield();
      });
    go = true;
    threads.clear();
    REQUIRE(got == 1);
  }
}

}  // namespace quire::test
