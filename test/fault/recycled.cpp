// SPDX-License-Identifier: BSL-1.0
// Makes every call of memories fail that are reset by a recycling policy.
#include <tuple>

#include <quire/backing/recycled.hpp>
#include <quire/platform/linux.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/residency/populated.hpp>

#include "fault/every_failure.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"

namespace quire::test {

namespace r = recycling;
using base = linux_allocator::with_backing<failing_store>;
template <class A, class R>
using recycled_by = sole<plain<with_recycling<A, R>>>;

using memories =
    std::tuple<recycled_by<base, r::decommit>, recycled_by<base, r::zero_all>, recycled_by<base, r::zero_dirty>,
               recycled_by<base::with_residency<residency::populated>, r::zero_dirty>>;

TEMPLATE_LIST_TEST_CASE("with a recycling every failing call leaves an allowed state", "[fault]", memories) {
  {  // opens what all memories share
    auto first = TestType::make();
    REQUIRE((first.allocate(pages{1}) && first.reset(pages{1})));
  }
  survive_every_failure<TestType>();
}

}  // namespace quire::test
