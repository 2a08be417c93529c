// SPDX-License-Identifier: BSL-1.0
// Pages, bytes, and arithmetic that detects overflow.
#include <cstdint>
#include <limits>
#include <type_traits>

#include <quire/units.hpp>

#include "support/catch/catch.hpp"

namespace quire {
namespace {

TEST_CASE("pages of different units are distinct types without conversion", "[units]") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<basic_pages<4096>, pages>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<pages, basic_pages<4096>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<int, pages>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::uint64_t, pages>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<pages>);
  STATIC_REQUIRE(sizeof(pages) == 8);
  STATIC_REQUIRE(pages::unit == 65536);
  STATIC_REQUIRE(pages{} == pages{0});
  STATIC_REQUIRE(pages{2} < pages{3});
  STATIC_REQUIRE(pages{2} == pages{2});
}

template <std::size_t Unit>
constexpr bool converts(std::uint64_t n, std::size_t expected) {
  std::size_t bytes = 0;
  return to_bytes(basic_pages<Unit>{n}, bytes) && bytes == expected;
}
template <std::size_t Unit>
constexpr bool is_too_much(std::uint64_t n) {
  std::size_t bytes = 7;
  return !to_bytes(basic_pages<Unit>{n}, bytes) && bytes == 7;
}

TEST_CASE("a page count converts to bytes or is rejected when the bytes overflow", "[units]") {
  STATIC_REQUIRE(converts<65536>(0, 0));
  STATIC_REQUIRE(converts<65536>(3, 196608));
  STATIC_REQUIRE(converts<1>(max_bytes, max_bytes));
  STATIC_REQUIRE(converts<65536>(max_bytes / 65536, max_bytes / 65536 * 65536));
  STATIC_REQUIRE(is_too_much<65536>(max_bytes / 65536 + 1));
  STATIC_REQUIRE(is_too_much<1>(std::uint64_t{max_bytes} + 1));
  STATIC_REQUIRE(is_too_much<65536>(std::numeric_limits<std::uint64_t>::max()));
  STATIC_REQUIRE(is_too_much<65536>(std::uint64_t{1} << 48));        // wraps around to 0 bytes
  STATIC_REQUIRE(is_too_much<65536>((std::uint64_t{1} << 48) + 1));  // wraps around to one page
  STATIC_REQUIRE(is_too_much<3>(std::numeric_limits<std::uint64_t>::max() / 3 + 1));
  STATIC_REQUIRE(max_bytes == static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()));
}

TEST_CASE("aligning stops at the next multiple of the granule", "[units]") {
  STATIC_REQUIRE(align_up(0, 4096) == 0);
  STATIC_REQUIRE(align_up(1, 4096) == 4096);
  STATIC_REQUIRE(align_up(4096, 4096) == 4096);
  STATIC_REQUIRE(align_up(4097, 4096) == 8192);
  STATIC_REQUIRE(align_up(5, 1) == 5);
  STATIC_REQUIRE(align_down(4095, 4096) == 0);
  STATIC_REQUIRE(align_down(8191, 4096) == 4096);
  STATIC_REQUIRE(is_aligned(0, 4096));
  STATIC_REQUIRE(is_aligned(8192, 4096));
  STATIC_REQUIRE_FALSE(is_aligned(8193, 4096));
}

TEST_CASE("the size literals are multiples of powers of 1024", "[units]") {
  STATIC_REQUIRE(64_KiB == 65536);
  STATIC_REQUIRE(2_MiB == 2097152);
  STATIC_REQUIRE(4_GiB == std::size_t{1} << 32);
}

}  // namespace
}  // namespace quire
