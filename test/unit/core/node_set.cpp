// SPDX-License-Identifier: BSL-1.0
// Sets of NUMA nodes: made from a list, a range or text.
#include <quire/node_set.hpp>

#include "support/catch/catch.hpp"

namespace quire {
namespace {

constexpr bool is_error(const result<node_set>& r, errc code) { return !r && r.error().code == code; }

TEST_CASE("a node set contains exactly the nodes it was made from", "[node_set]") {
  constexpr node_set some{0, 2, 63, 64, 1023};
  STATIC_REQUIRE(some.count() == 5);
  STATIC_REQUIRE(some.contains(0));
  STATIC_REQUIRE(some.contains(63));
  STATIC_REQUIRE(some.contains(64));
  STATIC_REQUIRE(some.contains(1023));
  STATIC_REQUIRE_FALSE(some.contains(1));
  STATIC_REQUIRE_FALSE(some.contains(1024));
  STATIC_REQUIRE_FALSE(some.empty());
  STATIC_REQUIRE(node_set{}.empty());
  STATIC_REQUIRE(node_set{1, 3} == node_set{3, 1, 1});
  STATIC_REQUIRE(some.words()[0] == ((1UL << 0) | (1UL << 2) | (1UL << 63)));
  STATIC_REQUIRE(some.words()[1] == 1UL);
}

TEST_CASE("a range includes both ends", "[node_set]") {
  STATIC_REQUIRE(node_set::range(1, 3) == node_set{1, 2, 3});
  STATIC_REQUIRE(node_set::range(5, 5) == node_set{5});
  STATIC_REQUIRE(node_set::range(3, 1).empty());
  STATIC_REQUIRE(node_set::range(0, 1023).count() == 1024);
}

TEST_CASE("a node number beyond the largest marks the set as overflown", "[node_set]") {
  STATIC_REQUIRE_FALSE(node_set{0, 1023}.overflown());
  STATIC_REQUIRE(node_set{0, 1024}.overflown());
  STATIC_REQUIRE(node_set::range(1000, 1024).overflown());
  STATIC_REQUIRE_FALSE(node_set{1024} == node_set{});
  STATIC_REQUIRE_FALSE(node_set{1024}.empty());
}

TEST_CASE("a node list in the format of the kernel is parsed", "[node_set]") {
  STATIC_REQUIRE(node_set::parse("0").value() == node_set{0});
  STATIC_REQUIRE(node_set::parse("0-3,5").value() == node_set{0, 1, 2, 3, 5});
  STATIC_REQUIRE(node_set::parse("7,1,3-3").value() == node_set{1, 3, 7});
  STATIC_REQUIRE(node_set::parse("").value().empty());
  STATIC_REQUIRE(node_set::parse("1023").value().contains(1023));
  STATIC_REQUIRE(node_set::parse("0007").value() == node_set{7});
}

TEST_CASE("a node list in any other format is an error", "[node_set]") {
  for (const char* const text :
       {"a", "1,", ",1", "1-", "-1", "1--2", "3-1", "1;2", " 1", "1 ", "1,,2", "0-1-2", "0x1", "\n"}) {
    CAPTURE(text);
    CHECK(is_error(node_set::parse(text), errc::invalid_argument));
  }
  for (const char* const text : {"1024", "0-1024", "99999999999999999999999", "0,18446744073709551616"}) {
    CAPTURE(text);
    CHECK(is_error(node_set::parse(text), errc::out_of_range));
  }
}

}  // namespace
}  // namespace quire
