// SPDX-License-Identifier: BSL-1.0
// Regions on the model of QNX: random operations, and every call failing.
#include "fault/mmap_rules.hpp"
#include "models/qnx/configs.hpp"
#include "models/qnx/failing_calls.hpp"
#include "support/catch/catch.hpp"
#include "unit/regions/region_cases.hpp"
#include "unit/regions/region_failures.hpp"

namespace quire::test {

using failing_allocator = qnx_allocator::with_backing<backing::qnx_mmap<failing_qnx<calls::qnx>>>;
using rules = fault_rules<failing_allocator::backing_type::calls>;

TEMPLATE_TEST_CASE("random operations on regions of QNX do as a model of their pages does", "[regions]", qnx_allocator,
                   lazy_qnx_allocator) {
  qnx_model::boot(machine_with(4_KiB));
  random_operations_on_regions<TestType>(300);
}

TEST_CASE("whichever call of a region on QNX fails nothing is lost", "[regions][fault]") {
  qnx_model::boot(machine_with(4_KiB));
  survive_every_failure_of_regions<failing_allocator, rules>();
}

}  // namespace quire::test
