// SPDX-License-Identifier: BSL-1.0
// Observed memories on the model of Windows, also those that start from an image, whose store is another one.
#include <quire/backing/imaged.hpp>
#include <quire/backing/observed.hpp>
#include <quire/backing/windows_image_views.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "support/catch/catch.hpp"
#include "support/conformance.hpp"
#include "unit/images/contents.hpp"
#include "unit/observing/hearing.hpp"
#include "unit/observing/same_capabilities.hpp"

namespace quire::test {
namespace {

using w = windows_model;
using observed = with_observer<windows_over<w>, deaf>;
using heard = with_observer<windows_over<w>, hearing>;
using starting = always_from_image<with_images<observed>>;

template <class S>
constexpr bool has_the_same = same_capabilities<S, backing::observed<S, deaf>>();
static_assert(has_the_same<backing::windows_virtual<w>> && has_the_same<backing::windows_views<w>>);
static_assert(has_the_same<backing::executable_windows_virtual<w>>);
static_assert(image_placing_store<with_images<observed>::backing_type::wrapped>);

TEST_CASE("an observed Windows memory passes every conformance case, also from an image", "[conformance]") {
  conform<plain<observed>>();
  const starting::world zeros;
  starting a;
  REQUIRE(a.allocate(pages{2}));
  CHECK(a.image_mode() == image_mode::mapped);
  conform<plain<starting>>();
}

TEST_CASE("a pool of Windows memories that may start from images tells of its reservation", "[pool]") {
  hearing::take();
  pool<with_images<heard>, recycling::zero_high_water> slots;
  REQUIRE(slots.open({.slots = 2, .maximum = pages{2}}));
  CHECK(hearing::take_names() == "reserve commit reserve");  // its records, and the slots
}

}  // namespace
}  // namespace quire::test
