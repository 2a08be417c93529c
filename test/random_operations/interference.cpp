// Random lives in a process that locks, advises, protects and forks by itself, and whose limits are lowered for a
// while.
#include <tuple>

#include "random_operations/linux_configs.hpp"

namespace quire::test::sequences {
namespace {

using memories = std::tuple<plain_linux, no_huge, in_blocks, by_bytes, populated, assured, locked, not_dumped, checked,
                            imaged, drawing, drawing_blocks, plain_posix>;

constexpr std::size_t share = 5 * std::tuple_size_v<memories>;  // of the operations, a fifth in each case

TEMPLATE_LIST_TEST_CASE("what a process did to itself is expected", "[lives]", memories) {
  expect_no_difference<TestType>(linux_rules, {.faults = false, .self_inflicted = true}, share);
}

TEMPLATE_LIST_TEST_CASE("what a process did to itself is expected when calls fail, too", "[lives]", memories) {
  expect_no_difference<TestType>(linux_rules, {.faults = true, .self_inflicted = true}, share);
}

}  // namespace
}  // namespace quire::test::sequences
