// SPDX-License-Identifier: BSL-1.0
// Runs the conformance cases for the ready-made typedefs, with each page size.
#include <tuple>

#include "models/qnx/conformance.hpp"

namespace quire::test {

using ready_typedefs =
    std::tuple<on_qnx<qnx_allocator>, on_qnx<wasm_qnx_allocator>, on_pool<typed_qnx_allocator>,
               on_qnx<contiguous_qnx_allocator>, on_qnx<lazy_qnx_allocator>, on_qnx<checked_qnx_allocator>>;

TEMPLATE_LIST_TEST_CASE("a QNX typedef passes every conformance case with each page size", "[conformance]",
                        ready_typedefs) {
  conform_on_each_page_size<TestType>();
}

}  // namespace quire::test
