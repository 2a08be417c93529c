// SPDX-License-Identifier: BSL-1.0
// Regions on the model of Mach: random operations, and every call failing.
#include "fault/mach_rules.hpp"
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/regions/region_cases.hpp"
#include "unit/regions/region_failures.hpp"

namespace quire::test {

using failing_macos = macos_over<watched_mach_calls<mach_model, failure_injector<mach_model>>>;
using rules = fault_rules<failing_macos::backing_type::calls>;

TEMPLATE_TEST_CASE("random operations on regions of macOS do as a model of their pages does", "[regions]", modelled,
                   modelled::with_protection<protection::unguarded>, modelled::with_residency<residency::populated>) {
  random_operations_on_regions<TestType>(300);
}

TEMPLATE_TEST_CASE("whichever call of a region on macOS fails nothing is lost", "[regions][fault]", failing_macos,
                   failing_macos::with_residency<residency::not_inherited>) {
  survive_every_failure_of_regions<TestType, rules>();
}

}  // namespace quire::test
