// SPDX-License-Identifier: BSL-1.0
// Random sequences in a process that itself locks, advises and protects pages, forks, and lowers its limits for a
// while.
#include <tuple>

#include "random_operations/linux_configs.hpp"

namespace quire::test::sequences {
namespace {

using memories = std::tuple<plain_linux, no_huge, in_blocks, by_bytes, populated, assured, locked, not_dumped, checked,
                            imaged, drawing, drawing_blocks, plain_posix>;

constexpr std::size_t share = 5 * std::tuple_size_v<memories>;  // the operations are shared by five groups of tests

TEMPLATE_LIST_TEST_CASE("memories agree with the model while the process locks, protects and forks", "[lives]",
                        memories) {
  expect_no_difference<TestType>(linux_rules, {.faults = false, .self_inflicted = true}, share);
}

TEMPLATE_LIST_TEST_CASE("memories agree with the model while the process interferes and calls fail", "[lives]",
                        memories) {
  expect_no_difference<TestType>(linux_rules, {.faults = true, .self_inflicted = true}, share);
}

}  // namespace
}  // namespace quire::test::sequences
