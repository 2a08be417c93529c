// SPDX-License-Identifier: BSL-1.0
// Makes every call of the model of Windows fail, in every documented way.
#include <tuple>

#include <quire/fallback.hpp>
#include <quire/residency/purgeable.hpp>

#include "fault/every_failure.hpp"
#include "fault/windows_rules.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"

namespace quire::test {

using failing_windows = watched_windows_calls<windows_model, failure_injector<windows_model>>;
using ready = windows_over<failing_windows>;

template <class A>
struct alone : plain<A> {
  static constexpr bool falls_back = false;
};
template <class A>
struct alone_on_node_0 : on_node_0<A> {
  static constexpr bool falls_back = false;
};
struct preferring_a_node : plain<fallback<ready::with_placement<placement::prefer>, ready>> {
  static constexpr bool falls_back = true;
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    return allocator{placement::prefer{1}, limits...};
  }
};

using memories =
    std::tuple<alone<ready>, alone<ready::with_protection<protection::unguarded>>,
               alone_on_node_0<ready::with_placement<placement::prefer>>, preferring_a_node,
               alone<ready::with_page_size<at_two_megabytes>>, alone<ready::with_page_size<in_units<4096>>>,
               alone<ready::with_residency<residency::populated>>, alone<ready::with_residency<residency::locked>>,
               alone<ready::with_residency<residency::purgeable<>>>>;

TEMPLATE_LIST_TEST_CASE("with a Windows typedef every failing call leaves an allowed state", "[fault]", memories) {
  windows_model::machine.minimum_working_set = std::size_t{1} << 32;
  survive_every_failure<TestType>();
  windows_model::machine = {};
}

TEST_CASE("windows: if a call on purgeable memory fails, contents are kept or the memory is broken", "[fault]") {
  using journal = failing_windows::watcher;
  using memory = ready::with_residency<residency::purgeable<>>;
  constexpr std::size_t g = 65536;
  const auto full = [](memory& a) {
    journal::forget();
    REQUIRE(a.allocate(pages{2}, pages{2}).has_value());
    fill(a.bytes(), 0x51);
  };
  for (const int code : {windows_model::invalid_parameter, windows_model::procedure_not_found}) {
    memory a;
    full(a);
    journal::arm({0, {code, false}});
    CHECK(a.mark_purgeable(0, 2 * g, volatility::normal).error().native == code);
    journal::arm();
    CHECK(holds(a.bytes(), 0x51));
    REQUIRE(a.mark_purgeable(0, 2 * g, volatility::normal).has_value());
    journal::arm({1, {code, false}});  // at the second granule
    CHECK(a.unmark_purgeable(0, 2 * g).error().native == code);
    journal::arm();
    CHECK(a.unmark_purgeable(0, 2 * g) == purge_state::intact);
    CHECK(holds(a.bytes(), 0x51));
  }
  // The calls are reclaim, query, decommit and commit; after the first it is known that contents are lost.
  for (const std::size_t which : {1U, 2U, 3U}) {
    memory a;
    full(a);
    REQUIRE(a.mark_purgeable(0, 2 * g, volatility::goes_first).has_value());
    windows_model::take_offered(windows_model::offer_normal);
    journal::arm({which, {windows_model::commitment_limit, false}});
    CHECK(a.unmark_purgeable(0, 2 * g).error().native == windows_model::commitment_limit);
    journal::arm();
    CHECK(a.grow(pages{0}).error().code == errc::broken);
    CHECK(a.deallocate(a.data(), a.size()).has_value());
  }
  CHECK(windows_model::reserved_bytes() == 0);
}

}  // namespace quire::test
