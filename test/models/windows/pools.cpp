// SPDX-License-Identifier: BSL-1.0
// Memories of pools on the model of Windows: the conformance cases, and every call failing.
#include <tuple>

#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/conformance.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/pools/every_failure.hpp"
#include "unit/pools/pooled_from_image.hpp"

namespace quire::test {

namespace r = recycling;
using ready = windows_over<windows_model>;
using failing_windows = windows_over<watched_windows_calls<windows_model, failure_injector<windows_model>>>;
constexpr auto codes = {windows_model::not_enough_memory, windows_model::commitment_limit,
                        windows_model::invalid_parameter};

using memories =
    std::tuple<pooled<ready, r::decommit>, pooled<ready, r::zero_all>, pooled<ready, r::verified<r::zero_high_water>>,
               pooled<ready::with_residency<residency::populated>, r::decommit>,
               pooled<ready::with_page_size<in_units<4096>>, r::zero_high_water>>;

TEMPLATE_LIST_TEST_CASE("a memory of a pool on Windows passes the conformance cases", "[pool][conformance]", memories) {
  conform<TestType>();
  CHECK(TestType::slots().close());
}

TEST_CASE("a memory of a pool on Windows that starts from an image passes the conformance cases",
          "[pool][conformance][images]") {
  using started = pooled_from_image<ready, r::zero_high_water>;
  const started::world zeros;
  conform<started>();
  CHECK(started::slots().close());
}

TEMPLATE_TEST_CASE("whichever call of a pool on Windows fails no slot is lost and no byte passes on", "[pool][fault]",
                   (failing_pool<failing_windows, r::decommit>), (failing_pool<failing_windows, r::zero_high_water>),
                   (failing_pool<failing_windows, r::zero_all>),
                   (failing_pool<with_images<failing_windows>, r::zero_all>),
                   (failing_pool<failing_windows::with_residency<residency::populated>, r::decommit>)) {
  survive_every_failure_of_a_pool<TestType>(codes);
}

}  // namespace quire::test
