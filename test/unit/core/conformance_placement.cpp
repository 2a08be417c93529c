// SPDX-License-Identifier: BSL-1.0
// Every placement passes the conformance cases.
#include <tuple>

#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/near_to.hpp>
#include <quire/placement/weighted_interleave.hpp>
#include <quire/platform/linux.hpp>

#include "support/conformance.hpp"
#include "support/process/machine.hpp"

namespace quire::test {

template <class L>
using placed = if_available<on_node_0<linux_allocator::with_placement<L>>, no_numa_calls>;

using placements = std::tuple<
    if_available<plain<linux_allocator::with_placement<placement::local>>, no_numa_calls>, placed<placement::bind>,
    placed<placement::interleave>, near_the_program<linux_allocator::with_placement<placement::near_to>>,
    if_available<on_node_0<linux_allocator::with_placement<placement::weighted_interleave>>, no_weighted_interleave>>;

TEMPLATE_LIST_TEST_CASE("an allocator with any placement passes the conformance cases", "[conformance]", placements) {
  conform<TestType>();
}

}  // namespace quire::test
