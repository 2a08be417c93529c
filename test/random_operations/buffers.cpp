// SPDX-License-Identifier: BSL-1.0
// Random sequences over static buffers, with and without verification. No call fails, as buffers make none.
#include <tuple>

#include "random_operations/sequences.hpp"
#include "unit/buffers/storages.hpp"

namespace quire::test::sequences {
namespace {

/// Each of the two memories of a sequence has a buffer of its own.
template <class A, verification Level>
struct in_two_storages : plain<A> {
  using storage = static_storage<256_KiB, Level>;
  static inline storage storages[2];
  template <class... Limits>
  static A make_in(unsigned slot, Limits... limits) noexcept {
    return A{backing::static_buffer{storages[slot]}, limits...};
  }
};
template <verification Level, class PageSize>
using verified_at = in_two_storages<over_buffer<backing::verified<given_buffer, Level>, PageSize>, Level>;

struct unverified : verified_at<verification::off, in_units_of<1024>> {
  static constexpr const char* name = "buffer";
};
struct minimal : verified_at<verification::minimal, in_units_of<4096>> {
  static constexpr const char* name = "buffer, minimal";
};
struct standard : verified_at<verification::standard, in_units_of<64>> {
  static constexpr const char* name = "buffer, standard";
};
struct full : verified_at<verification::full, in_units_of<1>> {
  static constexpr const char* name = "buffer, full, units of 1 byte";
};
struct critical : verified_at<verification::critical, in_units_of<1024>> {
  static constexpr const char* name = "buffer, critical";
};
struct wide : verified_at<verification::standard, page_size::native> {
  static constexpr const char* name = "buffer, units of 65536 bytes";
  static constexpr std::size_t usual_maximum = 3 * 65536;
};

using memories = std::tuple<unverified, minimal, standard, full, critical, wide>;

TEMPLATE_LIST_TEST_CASE("buffers agree with the model in random sequences of operations", "[lives]", memories) {
  expect_no_difference<TestType>({}, {.faults = false}, 10 * std::tuple_size_v<memories>);
}

}  // namespace
}  // namespace quire::test::sequences
