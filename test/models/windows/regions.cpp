// SPDX-License-Identifier: BSL-1.0
// Regions on the model of Windows: random operations, and every call failing.
#include "fault/windows_rules.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/regions/region_cases.hpp"
#include "unit/regions/region_failures.hpp"

namespace quire::test {

using ready = windows_over<windows_model>;
using failing_windows = windows_over<watched_windows_calls<windows_model, failure_injector<windows_model>>>;
using rules = fault_rules<failing_windows::backing_type::calls>;

TEMPLATE_TEST_CASE("random operations on regions of Windows do as a model of their pages does", "[regions]", ready,
                   ready::with_protection<protection::unguarded>, ready::with_residency<residency::populated>) {
  random_operations_on_regions<TestType>(300);
}

TEST_CASE("whichever call of a region on Windows fails nothing is lost", "[regions][fault]") {
  survive_every_failure_of_regions<failing_windows, rules>();
}

}  // namespace quire::test
