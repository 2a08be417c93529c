// SPDX-License-Identifier: BSL-1.0
// Runs the conformance cases for the policies that QNX supports, and for the recipe for releases before SDP 8.
#include <tuple>

#include <quire/protection/unguarded.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "models/qnx/conformance.hpp"
#include "support/page_units.hpp"

namespace quire::test {

namespace r = residency;
using qnx_7_allocator = qnx_allocator::with_backing<backing::qnx_mmap<before_sdp_8<>>>;

using policies =
    std::tuple<on_qnx<qnx_allocator::with_residency<r::locked>>, on_qnx<qnx_allocator::with_residency<r::populated>>,
               on_qnx<qnx_allocator::with_protection<protection::unguarded>>,
               on_qnx<qnx_allocator::with_page_size<in_units<4096>>>, on_qnx_7<qnx_7_allocator>,
               on_qnx_7<qnx_7_allocator::with_residency<r::locked>>,
               on_qnx_7<qnx_7_allocator::with_residency<r::populated>>>;

TEMPLATE_LIST_TEST_CASE("a policy on QNX passes every conformance case with each page size", "[conformance]",
                        policies) {
  conform_on_each_page_size<TestType>();
}

}  // namespace quire::test
