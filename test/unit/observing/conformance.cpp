// SPDX-License-Identifier: BSL-1.0
// Observed memories do what others do, and so do the pools, regions, partitions and images that are made of them.
#include <cstddef>

#include <quire/all_of.hpp>
#include <quire/backing/concurrent.hpp>
#include <quire/backing/dual_mapped.hpp>
#include <quire/backing/observed.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/backing/recycled.hpp>
#include <quire/backing/static_buffer.hpp>
#include <quire/memory_partition.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/pool.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/populated.hpp>

#include "fault/every_failure.hpp"
#include "support/catch/catch.hpp"
#include "support/conformance.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/page_units.hpp"
#include "support/stores.hpp"
#include "unit/observing/hearing.hpp"
#include "unit/observing/same_capabilities.hpp"
#include "unit/pools/pooled.hpp"
#include "unit/regions/region_cases.hpp"

namespace quire::test {
namespace {

template <class A>
using heard = with_observer<A, deaf>;

// What an observed store has is what the store has.

template <class S>
constexpr bool has_the_same = same_capabilities<S, backing::observed<S, deaf>>();
static_assert(has_the_same<backing::linux_mmap<>>);
static_assert(has_the_same<backing::executable_linux_mmap<>>);
static_assert(has_the_same<backing::dual_mapped<>>);
static_assert(has_the_same<backing::posix_mmap<>>);
static_assert(has_the_same<remapping<backing::linux_mmap<>>>);
static_assert(has_the_same<in_buffer<1_MiB>>);
static_assert(has_the_same<backing::observed<backing::linux_mmap<>, hearing>>);  // two observers
static_assert(sizeof(heard<linux_allocator>) == sizeof(linux_allocator));
static_assert(heard<linux_allocator>::contract == linux_allocator::contract);

TEMPLATE_TEST_CASE("an observed memory passes the conformance cases", "[conformance]", plain<heard<linux_allocator>>,
                   plain<heard<wasm_linux_allocator>>, plain<heard<posix_allocator>>,
                   plain<heard<huge_linux_allocator>>, plain<heard<linux_allocator::with_page_size<in_units<4096>>>>,
                   plain<heard<linux_allocator::with_residency<residency::populated>>>,
                   plain<heard<linux_allocator::with_residency<residency::excluded_from_dumps>>>,
                   plain<with_images<heard<linux_allocator>>>, plain<with_concurrent_growth<heard<linux_allocator>>>,
                   (plain<with_recycling<heard<linux_allocator>, recycling::zero_dirty>>)) {
  conform<TestType>();
}

TEMPLATE_TEST_CASE("an observed memory of a pool passes the conformance cases", "[conformance]",
                   (pooled<heard<linux_allocator>, recycling::zero_dirty>),
                   (pooled<with_images<heard<linux_allocator>>, recycling::zero_all>)) {
  conform<TestType>();
  CHECK(TestType::slots().close());
}

TEST_CASE("an observed store that holds data is given to the constructor as the store would be", "[observing]") {
  using store = in_buffer<1_MiB>;
  using small = page_allocator<store, protection::unguarded, tagging::untagged, page_size::native, placement::anywhere>;
  static buffers<1_MiB> memory;
  heard<small> given{store{&memory}};
  CHECK(given.allocate(pages{2}, pages{4}));
  heard<small> moved = std::move(given);
  CHECK(moved.grow(pages{2}));
  CHECK_FALSE(moved.grow(pages{1}));
}

TEMPLATE_TEST_CASE("regions that are observed do as a model of their pages does", "[observing]", heard<linux_allocator>,
                   heard<posix_allocator>) {
  random_operations_on_regions<TestType>(300);
}

TEST_CASE("a partition of observed stores charges what they commit", "[observing]") {
  using store = backing::observed<backing::linux_mmap<>, hearing>;
  memory_partition<store> partition;
  REQUIRE(partition.open({.name = "observed", .maximum = 4 << 20, .minimum = 2 << 20}));
  using memory = with_partition<linux_allocator::with_backing<store>>;
  {
    memory m{backing::partitioned{partition}};
    REQUIRE(m.allocate(pages{32}, pages{64}));
    CHECK(partition.charged() == 2 << 20);
    CHECK(hearing::take_names().find("make_object reserve map_object") == 0);
  }
  CHECK(partition.charged() == 0);
  CHECK(hearing::take_names() == "release");  // which unmaps the object as well
}

TEST_CASE("whichever call of an observed memory fails the state is an allowed one", "[fault]") {
  survive_every_failure<failing<heard<linux_allocator>, backing::observed<failing_store, deaf>>>();
  survive_every_failure<
      failing<linux_allocator::with_residency<residency::populated>, backing::observed<failing_store, deaf>>>();
}

}  // namespace
}  // namespace quire::test
