// SPDX-License-Identifier: BSL-1.0
// Observed memories on the model of Mach.
#include <quire/backing/observed.hpp>

#include "models/macos/configs.hpp"
#include "support/catch/catch.hpp"
#include "support/conformance.hpp"
#include "unit/observing/hearing.hpp"
#include "unit/observing/same_capabilities.hpp"

namespace quire::test {
namespace {

using store = backing::mach_vm<mach_model>;
static_assert(same_capabilities<store, backing::observed<store, deaf>>());

using heard = with_observer<modelled, hearing>;

TEMPLATE_TEST_CASE("an observed macOS memory passes every conformance case", "[conformance]",
                   plain<heard::with_residency<residency::purgeable<>>>, plain<with_images<heard>>) {
  conform<TestType>();
  hearing::take();
}

TEST_CASE("an observer is told what becomes of purgeable memory", "[observing]") {
  heard::with_residency<residency::purgeable<>> m;
  REQUIRE(m.allocate(pages{1}, pages{2}));
  hearing::take();
  REQUIRE(m.mark_purgeable(0, 65536, volatility::normal));
  REQUIRE(m.unmark_purgeable(0, 65536));
  CHECK(hearing::take_names() == "mark_purgeable unmark_purgeable");
}

}  // namespace
}  // namespace quire::test
