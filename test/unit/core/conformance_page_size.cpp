// SPDX-License-Identifier: BSL-1.0
// Every page size and other units pass the conformance cases.
#include <tuple>

#include <quire/fallback.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#include "support/conformance.hpp"
#include "support/fakes/fake_pool.hpp"
#include "support/page_units.hpp"

namespace quire::test {

namespace z = page_size;
template <class Z>
using sized = plain<linux_allocator::with_page_size<Z>>;
template <class Z, template <class> class Pretended>
using pooled = plain<typename linux_allocator::with_page_size<Z>::template with_backing<
    backing::linux_mmap<Pretended<calls::linux_kernel>>>>;
using explicit_2m = z::explicit_huge<2_MiB>;

template <template <class> class Pretended>
using over_a_pool = linux_allocator::with_backing<backing::linux_mmap<Pretended<calls::linux_kernel>>>;
template <template <class> class Pretended>
using falling_back =
    plain<fallback<typename over_a_pool<Pretended>::template with_page_size<explicit_2m>, over_a_pool<Pretended>>>;

using page_sizes =
    std::tuple<falling_back<fake_pool>, falling_back<fake_lack_of_pool>, sized<z::no_huge>,
               sized<z::transparent_huge<z::in_blocks>>, pooled<explicit_2m, fake_pool>, sized<in_units<4096>>,
               sized<in_units<1>>, sized<in_units<1, z::transparent_huge<z::in_blocks>>>>;

TEMPLATE_LIST_TEST_CASE("an allocator with any page size passes the conformance cases", "[conformance]", page_sizes) {
  conform<TestType>();
}

}  // namespace quire::test
