// SPDX-License-Identifier: BSL-1.0
// Memories of pools on the model of Mach: the conformance cases, and every call failing.
#include <tuple>

#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/conformance.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/pools/every_failure.hpp"
#include "unit/pools/pooled_from_image.hpp"

namespace quire::test {

namespace r = recycling;
using failing_macos = macos_over<watched_mach_calls<mach_model, failure_injector<mach_model>>>;
constexpr auto codes = {mach_model::resource_shortage, mach_model::no_space};

using memories = std::tuple<pooled<modelled, r::decommit>, pooled<modelled, r::zero_high_water>,
                            pooled<modelled::with_tagging<tagging::vm_tag<250>>, r::zero_high_water>,
                            pooled<modelled::with_page_size<in_units<4096>>, r::zero_high_water>>;

TEMPLATE_LIST_TEST_CASE("a memory of a pool on macOS passes the conformance cases", "[pool][conformance]", memories) {
  conform<TestType>();
  CHECK(TestType::slots().close());
}

TEST_CASE("a memory of a pool on macOS that starts from an image passes the conformance cases",
          "[pool][conformance][images]") {
  using started = pooled_from_image<modelled, r::zero_high_water>;
  const started::world zeros;
  conform<started>();
  CHECK(started::slots().close());
}

TEMPLATE_TEST_CASE("whichever call of a pool on macOS fails no slot is lost and no byte passes on", "[pool][fault]",
                   (failing_pool<failing_macos, r::decommit>), (failing_pool<failing_macos, r::zero_high_water>),
                   (failing_pool<failing_macos, r::zero_all>), (failing_pool<with_images<failing_macos>, r::zero_all>),
                   (failing_pool<failing_macos::with_residency<residency::not_inherited>, r::decommit>)) {
  survive_every_failure_of_a_pool<TestType>(codes);
}

}  // namespace quire::test
