// SPDX-License-Identifier: BSL-1.0
// A memory of a pool passes the conformance cases of a memory of its own.
#include <tuple>

#include <quire/backing/imaged.hpp>
#include <quire/backing/recycled.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/populated.hpp>

#include "support/conformance.hpp"
#include "support/fakes/older_kernel.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {

namespace r = recycling;
using unit_of_4_kib = linux_allocator::with_page_size<page_size::in_units_of<4096>>;
using on_an_older_kernel = linux_allocator::with_backing<backing::linux_mmap<older_kernel>>;
using populated_allocator = linux_allocator::with_residency<residency::populated>;

using pooled_typedefs = joined<
    std::tuple<
        pooled<linux_allocator, r::decommit>, pooled<linux_allocator, r::zero_dirty>,
        pooled<linux_allocator, r::adaptive>, pooled<linux_allocator, r::verified<r::zero_high_water>>,
        pooled<huge_linux_allocator, r::zero_dirty>, pooled<unit_of_4_kib, r::zero_dirty>,
        pooled<checked_linux_allocator, r::zero_dirty>, pooled<posix_allocator, r::decommit>,
        pooled<posix_allocator, r::zero_high_water>, pooled<populated_allocator, r::zero_dirty>,
        pooled<with_images<linux_allocator>, r::zero_dirty>,
        pooled<linux_allocator, r::zero_dirty, bounds::guard_markers>, pooled<on_an_older_kernel, r::zero_dirty>,
        pooled<on_an_older_kernel, r::zero_dirty, bounds::guard_markers>,
        pooled<linux_allocator::with_page_size<page_size::in_units_of<512>>, r::zero_dirty, bounds::guard_markers>,
        pooled<on_an_older_kernel::with_protection<protection::guarded<0, 4096>>, r::zero_all, bounds::guard_markers>>,
    on_64_bits<pooled<wasm_linux_allocator, r::zero_dirty>,
               pooled<wasm_linux_allocator, r::zero_dirty, bounds::key_stripes<>>,
               pooled<with_images<populated_allocator>, r::adaptive, bounds::key_stripes<2>>>>;

using recycled_typedefs = joined<
    std::tuple<plain<with_recycling<linux_allocator, r::decommit>>, plain<with_recycling<linux_allocator, r::zero_all>>,
               plain<with_recycling<linux_allocator, r::adaptive>>,
               plain<with_recycling<linux_allocator, r::verified<r::zero_high_water>>>,
               plain<with_recycling<populated_allocator, r::zero_dirty>>,
               plain<with_recycling<checked_linux_allocator, r::zero_dirty>>,
               plain<with_recycling<unit_of_4_kib, r::zero_dirty>>>,
    on_64_bits<plain<with_recycling<wasm_linux_allocator, r::zero_dirty>>>>;

TEMPLATE_LIST_TEST_CASE("a memory that is reset by a recycling passes the conformance cases", "[pool][conformance]",
                        recycled_typedefs) {
  conform<TestType>();
}

TEMPLATE_LIST_TEST_CASE("a memory of a pool passes the conformance cases", "[pool][conformance]", pooled_typedefs) {
  conform<TestType>();
  CHECK(TestType::slots().close());
}

}  // namespace quire::test
