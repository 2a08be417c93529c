// SPDX-License-Identifier: BSL-1.0
// Makes every call fail, under every page size.
#include <tuple>

#include <quire/fallback.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#include "fault/every_failure.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/page_units.hpp"

namespace quire::test {

namespace z = page_size;
using explicit_2m = z::explicit_huge<2_MiB>;
template <class Z>
using sized = failing<linux_allocator::with_page_size<Z>>;
using base = linux_allocator::with_backing<failing_store>;
using pool_or_small = fallback<base::with_page_size<explicit_2m>, base::with_page_size<z::no_huge>>;

using page_sizes = std::tuple<sized<z::no_huge>, sized<z::transparent_huge<z::in_blocks>>, sized<explicit_2m>,
                              sized<in_units<1>>, sized<in_units<4096, z::no_huge>>, preferring<plain<pool_or_small>>>;

TEMPLATE_LIST_TEST_CASE("with any page size every failing call leaves an allowed state", "[fault]", page_sizes) {
  survive_every_failure<TestType>();
}

}  // namespace quire::test
