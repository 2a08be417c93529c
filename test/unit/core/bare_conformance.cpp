// SPDX-License-Identifier: BSL-1.0
// The conformance cases without a test framework, heap, exceptions or an operating system that could raise a fault, as
// they run on a board.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/system/static_capabilities.hpp>
#include <quire/tagging/untagged.hpp>

#include "conformance/cases.hpp"
#include "support/page_units.hpp"
#include "support/stores.hpp"
#include "support/test_configs.hpp"

namespace quire::test {
namespace {

struct bare_environment {
  static inline unsigned checks = 0, failures = 0, cases = 0, failed_cases = 0;

  static void check(bool holds, const char* what) {
    ++checks;
    if (holds) return;
    ++failures;
    std::printf("failed: %s\n", what);
  }
  template <class F>
  static void expect_fault(std::span<const std::byte>, touch, fault, F) {
    check(false, "nothing can fault here, and the contract says so");
  }
  template <class F>
  static void run_isolated(const char* name, F f) {
    const unsigned before = failures;
    f();
    ++cases;
    if (failures == before) return;
    ++failed_cases;
    std::printf("  in: %s\n", name);
  }
  template <class F>
  static void expect_no_trace(F f) {
    const std::size_t before = claimed();
    f();
    check(claimed() == before, "a buffer is given back");
  }
  static void call(const std::byte*) {}
  static bool has_memory_for(std::size_t bytes) { return bytes <= 1_MiB; }
  static std::size_t claimed() {
    std::size_t n = 0;
    for (const auto& each : memory.all) n += each.claimed ? 1 : 0;
    return n;
  }
  static inline buffers<1_MiB> memory;
};
static_assert(environment<bare_environment>);

template <class PageSize>
struct on_board : plain<page_allocator<in_buffer<1_MiB>, protection::unguarded, tagging::untagged, PageSize,
                                       placement::anywhere, residency::on_demand>> {
  template <class... Limits>
  static typename on_board::allocator make(Limits... limits) noexcept {
    return typename on_board::allocator{in_buffer<1_MiB>{&bare_environment::memory}, limits...};
  }
};

// The capabilities of this machine are known at compile time.
constexpr platform_capabilities capabilities = static_capabilities<in_buffer<1_MiB>>();
static_assert(capabilities.memory.total == std::uint64_t{1_MiB} &&
              capabilities.features[memory_feature::placement].usable == false);

}  // namespace
}  // namespace quire::test

int main() {
  using namespace quire::test;
  using environment = bare_environment;
  run_conformance_cases<environment, on_board<quire::page_size::native>>();
  run_conformance_cases<environment, on_board<in_units<64>>>();
  run_conformance_cases<environment, on_board<in_units<1>>>();
  environment::check(environment::claimed() == 0, "every buffer is given back at the end");
  std::printf("%u checks, %u failed\n", environment::checks, environment::failures);
  std::printf("%u test cases: %u passed, %u failed, 0 skipped\n", environment::cases,
              environment::cases - environment::failed_cases, environment::failed_cases);
  return environment::failures == 0 ? 0 : 1;
}
