// SPDX-License-Identifier: BSL-1.0
// Runs the promises of a platform without an operating system on the processor that it is made for.
#include "boards/configs.hpp"
#include "boards/faults.hpp"
#include "boards/gaps.hpp"
#include "conformance/cases.hpp"

namespace quire::test {
namespace {

void a_part_without_mpu_says_so() {
  guarded::allocator a = guarded::make();
  const auto got = a.allocate(guarded::allocator::pages{1});
  board_environment::check(!got.has_value() && got.error() == error{errc::not_supported, step::reserve,
                                                                    static_cast<int>(backing::mpu_error::no_mpu)},
                           "not_supported: no MPU");
  board_environment::check(!storages[0].claim.is_taken() && !storages[1].claim.is_taken(), "and nothing is claimed");
}

void tell() {
  board::say("MPU regions: ");
  board::say(calls::cortex_m::regions());
  board::say("\n");
  board::say(board_environment::cases);
  board::say(" test cases: ");
  board::say(board_environment::cases - board_environment::failed_cases);
  board::say(" passed, ");
  board::say(board_environment::failed_cases);
  board::say(" failed, 0 skipped\n");
}

}  // namespace
}  // namespace quire::test

int main() {
  using namespace quire::test;
  using environment = board_environment;
  run_conformance_cases<environment, without_mpu>();
  run_conformance_cases<environment, distrusted>();
  if (quire::calls::cortex_m::regions() == 0) {
    environment::run_isolated("a part without an MPU says so", a_part_without_mpu_says_so);
  } else {
    quire::calls::cortex_m::enable_mem_manage();
    run_conformance_cases<environment, guarded>();
    run_conformance_cases<environment, guarded_by_bytes>();
    environment::run_isolated("every wrong access is caught and told", every_wrong_access_is_caught_and_told);
    if (quire::calls::cortex_m::has_ranges)
      environment::run_isolated("without the default map gaps fault", without_default_map_gaps_fault);
  }
  tell();
  return environment::failures == 0 ? 0 : 1;
}
