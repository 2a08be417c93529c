// SPDX-License-Identifier: BSL-1.0
// Makes every call of the model of Mach fail, in every documented way.
#include <tuple>

#include "fault/every_failure.hpp"
#include "fault/mach_rules.hpp"
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"

namespace quire::test {

using failing_mach = watched_mach_calls<mach_model, failure_injector<mach_model>>;
using ready = macos_over<failing_mach>;

template <class A>
struct alone : plain<A> {
  static constexpr bool falls_back = false;
};

using memories =
    std::tuple<alone<ready>, alone<ready::with_protection<protection::unguarded>>,
               alone<ready::with_tagging<tagging::vm_tag<240>>>, alone<ready::with_residency<residency::populated>>,
               alone<ready::with_residency<residency::locked>>, alone<ready::with_residency<residency::not_inherited>>,
               alone<ready::with_residency<residency::purgeable<>>>, alone<with_images<ready>>>;

TEMPLATE_LIST_TEST_CASE("with a macOS typedef every failing call leaves an allowed state", "[fault]", memories) {
  survive_every_failure<TestType>();
}

TEST_CASE("macos: if marking pages purgeable fails, unmarking still reports every loss", "[fault]") {
  using journal = failing_mach::watcher;
  constexpr std::size_t g = 65536;
  for (const std::size_t at : {0U, 1U}) {
    ready::with_residency<residency::purgeable<>> a;
    journal::forget();
    REQUIRE(a.allocate(pages{2}, pages{2}).has_value());
    fill(a.bytes(), 0x51);
    journal::arm({at, {failing_mach::resource_shortage}});
    const auto marked = a.mark_purgeable(0, 2 * g, volatility::normal);
    journal::disarm();
    REQUIRE_FALSE(marked.has_value());
    CHECK(marked.error().code == errc::out_of_memory);
    mach_model::purge();
    const auto back = a.unmark_purgeable(0, 2 * g);
    REQUIRE(back.has_value());
    CHECK(*back == (at == 0 ? purge_state::intact : purge_state::purged));
    CHECK(all_zero(a.bytes().first(g)) == (at == 1));
    CHECK(holds(a.bytes().subspan(g), 0x51));
  }
}

}  // namespace quire::test
