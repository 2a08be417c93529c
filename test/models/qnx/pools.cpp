// SPDX-License-Identifier: BSL-1.0
// Memories of pools on the model of QNX: the conformance cases, and every call failing.
#include <tuple>

#include "models/qnx/configs.hpp"
#include "models/qnx/failing_calls.hpp"
#include "support/conformance.hpp"
#include "unit/pools/every_failure.hpp"
#include "unit/pools/pooled_from_image.hpp"

namespace quire::test {

namespace r = recycling;
using failing_allocator = qnx_allocator::with_backing<backing::qnx_mmap<failing_qnx<calls::qnx>>>;

using memories = std::tuple<pooled<qnx_allocator, r::decommit>, pooled<qnx_allocator, r::zero_high_water>,
                            pooled<wasm_qnx_allocator, r::zero_high_water>, pooled<lazy_qnx_allocator, r::decommit>>;

TEMPLATE_LIST_TEST_CASE("a memory of a pool on QNX passes the conformance cases", "[pool][conformance]", memories) {
  qnx_model::boot(machine_with(4_KiB));
  conform<TestType>();
  CHECK(TestType::slots().close());
}

TEST_CASE("a memory of a pool on QNX that starts from an image passes the conformance cases",
          "[pool][conformance][images]") {
  qnx_model::boot(machine_with(4_KiB));
  using started = pooled_from_image<qnx_allocator, r::zero_high_water>;
  const started::world zeros;
  conform<started>();
  CHECK(started::slots().close());
}

TEMPLATE_TEST_CASE("whichever call of a pool on QNX fails no slot is lost and no byte passes on", "[pool][fault]",
                   (failing_pool<failing_allocator, r::decommit>),
                   (failing_pool<failing_allocator, r::zero_high_water>),
                   (failing_pool<failing_allocator, r::zero_all>),
                   (failing_pool<with_images<failing_allocator>, r::zero_all>)) {
  qnx_model::boot(machine_with(4_KiB));
  survive_every_failure_of_a_pool<TestType>();
}

}  // namespace quire::test
