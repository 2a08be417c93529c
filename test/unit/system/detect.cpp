// SPDX-License-Identifier: BSL-1.0
// Readings and bounded values, and detection where little or nothing can be detected.
#include <cstddef>
#include <cstdint>
#include <string>

#include <quire/calls/posix.hpp>
#include <quire/detect.hpp>
#include <quire/platform/posix.hpp>
#include <quire/system/each_reading.hpp>
#include <quire/system/static_capabilities.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_machines.hpp"
#include "support/flatten_capabilities.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

TEST_CASE("an unknown reading compares false with every value", "[detect]") {
  constexpr reading<unsigned> unknown = reading<unsigned>::unknown("somewhere"), two(2, "a file"), untold;
  STATIC_REQUIRE_FALSE(unknown > 1U);
  STATIC_REQUIRE_FALSE(unknown < 1U);
  STATIC_REQUIRE_FALSE(unknown == 0U);
  STATIC_REQUIRE_FALSE(unknown >= 0U);
  STATIC_REQUIRE(unknown.source() == "somewhere");
  STATIC_REQUIRE(unknown.value_or(7) == 7);
  STATIC_REQUIRE(two > 1U);
  STATIC_REQUIRE(two == 2U);
  STATIC_REQUIRE(two.known());
  STATIC_REQUIRE_FALSE(untold.known());
  STATIC_REQUIRE(untold.source().empty());
}

TEST_CASE("a bounded list or text reports that it omitted something", "[detect]") {
  bounded_list<int, 2> list;
  CHECK(list.empty());
  list.push_back(1);
  list.push_back(2);
  CHECK((list.complete() && list.size() == 2 && list[1] == 2));
  const auto full = list;
  list.push_back(3);
  CHECK((!list.complete() && list.size() == 2));
  CHECK_FALSE(list == full);
  CHECK((bounded_text<3>("abc").complete() && bounded_text<3>("abc") == "abc"));
  CHECK((!bounded_text<3>("abcd").complete() && bounded_text<3>("abcd").view() == "abc"));
  // A truncated text equals neither its own beginning nor another text with the same beginning.
  CHECK_FALSE(bounded_text<3>("abcd") == "abc");
  CHECK_FALSE(bounded_text<3>("abcd") == bounded_text<3>("abc"));
  CHECK_FALSE(bounded_text<3>("abcd") == bounded_text<3>("abce"));
  CHECK(((bounded_text<3>("a") += std::uint64_t{0}) += "c") == "a0c");
  CHECK((bounded_text<20>() += UINT64_MAX) == "18446744073709551615");
  bounded_text<3> path("ab");
  CHECK(std::string_view(path.c_str()) == "ab");
  CHECK((path += "cd").view() == "abc");
  CHECK((path += "").complete() == false);
  CHECK(std::string_view(path.c_str()).empty());
}

TEST_CASE("room is zero where a limit is exceeded and unknown where limit or use is unknown", "[detect]") {
  STATIC_REQUIRE(budget{{100, ""}, {30, ""}}.room() == 70U);
  STATIC_REQUIRE(budget{{100, ""}, {130, ""}}.room() == 0U);
  STATIC_REQUIRE(budget{{no_limit, ""}, {}}.room() == no_limit);
  STATIC_REQUIRE_FALSE(budget{{100, ""}, {}}.room());
  STATIC_REQUIRE_FALSE(budget{{}, {30, ""}}.room());
  STATIC_REQUIRE(limited_group{{}, 100, 90, 50}.room() == 60U);
  STATIC_REQUIRE(limited_group{{}, 100, 90, 500}.room() == 100U);
  STATIC_REQUIRE_FALSE(limited_group{{}, 100, {}, 0}.room());
  STATIC_REQUIRE(huge_pool{2 << 20, 10, 6, 2, 1, 5, no_limit}.available() == 8U);
  STATIC_REQUIRE(huge_pool{2 << 20, 10, 6, 2, 1, 5, 7}.available() == 7U);
  STATIC_REQUIRE_FALSE(huge_pool{2 << 20, 10, 6, 2, 1, 5, {}}.available());
  STATIC_REQUIRE_FALSE(huge_pool{2 << 20, 10, 6, {}, 1, 5, no_limit}.available());
}

TEST_CASE("detect claims nothing where nothing can be read", "[detect]") {
  const pretence nothing;
  nothing.kernel().policy_error = ENOSYS;
  const auto caps = detect<fake_kernel>({.count_mappings = true, .try_huge_pages = true, .try_features = false});
  REQUIRE(caps);
  for_each_reading(*caps, [](const char* group, const char* name, const auto& each) {
    const std::string what = std::string(group) + '.' + name;
    CAPTURE(what);
    // These come from calls instead of files.
    const bool by_calls = what == "memory.page_bytes" || what == "limits.address_space" || what == "limits.data" ||
                          what == "limits.locked";
    CHECK(each.known() == by_calls);
    CHECK((each.source().empty() == std::string(group).starts_with("features")));
  });
}

TEST_CASE("detect is not_supported where the page size is unknown", "[detect]") {
  struct without_pages : fake_kernel {
    static std::size_t page_bytes() noexcept { return 0; }
  };
  const pretence nothing;
  const auto caps = detect<without_pages>();
  REQUIRE_FALSE(caps);
  CHECK(caps.error() == error{errc::not_supported, step::plan, 0});
}

TEST_CASE("detect knows the page size and the limits of a POSIX system", "[detect]") {
  const auto caps = detect<calls::posix>();
  REQUIRE(caps);
  CHECK(caps->memory.page_bytes == calls::posix::page_bytes());
  CHECK(caps->limits.address_space.limit.known());
  CHECK(caps->limits.data.limit.known());
  CHECK(flattened(*caps).size() == 3);

  struct hiding_limits : calls::posix {
    static int read_limit(int, unsigned long long&) noexcept { return EPERM; }
  };
  CHECK(flattened(*detect<hiding_limits>()).size() == 1);
}

/// A store over a buffer, as on a board.
struct board {
  static constexpr std::size_t largest_page = 32;
  static constexpr store_traits traits{.success_is_memory = true, .failure_is_error = true};
  static constexpr std::size_t page_bytes() noexcept { return 32; }
  static constexpr std::size_t buffer_bytes() noexcept { return std::size_t{1} << 20; }
  static constexpr errc code_of(step, int) noexcept { return errc::system; }
  static reservation reserve(std::size_t, std::size_t, const attributes&) noexcept { return {nullptr, 1}; }
  static int commit(page_run, const attributes&) noexcept { return 0; }
  static int decommit(page_run, const attributes&) noexcept { return 0; }
  static int release(page_run, page_run, const attributes&) noexcept { return 0; }
};

TEST_CASE("static capabilities are constants for a buffer and unknown where Linux may refuse a call", "[detect]") {
  constexpr platform_capabilities caps = static_capabilities<board>();
  STATIC_REQUIRE(caps.memory.page_bytes == 32U);
  STATIC_REQUIRE(caps.memory.total == 1U << 20);
  STATIC_REQUIRE_FALSE(caps.memory.numa_nodes.known());
  STATIC_REQUIRE(caps.features[memory_feature::placement].usable == false);
  STATIC_REQUIRE(caps.features[memory_feature::memory_tags].usable == false);
  STATIC_REQUIRE(caps.huge_pages.pools.value().empty());

  // Linux may still refuse a call that it has.
  const platform_capabilities on_linux = static_capabilities<backing::linux_mmap<>>();
  CHECK(on_linux.memory.page_bytes == calls::linux_kernel::page_bytes());
  CHECK_FALSE(on_linux.features[memory_feature::placement].usable.known());
  CHECK_FALSE(on_linux.huge_pages.pools.known());
  CHECK_FALSE(on_linux.memory.total.known());
}

}  // namespace
}  // namespace quire::test
