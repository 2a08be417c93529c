// SPDX-License-Identifier: BSL-1.0
// Whichever call of a region_allocator fails: a refusal changes nothing, no page is lost, and nothing stays mapped.
#include <cstddef>

#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "fault/mmap_rules.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/regions/region_failures.hpp"

namespace quire::test {
namespace {

using failing_regions = linux_allocator::with_backing<failing_store>;
using rules = fault_rules<failing_store::calls>;

TEMPLATE_TEST_CASE("whichever call of a region fails nothing is lost", "[regions][fault]", failing_regions,
                   failing_regions::with_protection<protection::unguarded>,
                   failing_regions::with_residency<residency::populated>,
                   failing_regions::with_residency<residency::locked>,
                   failing_regions::with_residency<residency::excluded_from_dumps>,
                   failing_regions::with_page_size<page_size::transparent_huge<>>) {
  survive_every_failure_of_regions<TestType, rules>();
}

TEST_CASE("whichever call of a partition's region fails the partition is charged for what is committed",
          "[regions][fault]") {
  memory_partition<failing_store> partition;
  REQUIRE(partition.open({.name = "regions", .maximum = 1 << 22}));
  survive_every_failure_of_regions<with_partition<failing_regions>, rules>(
      [&](std::size_t committed) { CHECK(partition.charged() == committed); }, backing::partitioned{partition});
  CHECK(partition.charged() == 0);
}

}  // namespace
}  // namespace quire::test
