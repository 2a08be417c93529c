// SPDX-License-Identifier: BSL-1.0
// The ready typedefs pass the conformance cases.
#include <tuple>

#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "support/conformance.hpp"
#include "support/process/machine.hpp"

namespace quire::test {

using ready_typedefs = joined<std::tuple<plain<linux_allocator>, plain<huge_linux_allocator>,
                                         if_available<on_node_0<numa_linux_allocator>, no_numa_calls>,
                                         plain<checked_linux_allocator>, plain<posix_allocator>>,
                              on_64_bits<plain<wasm_linux_allocator>>>;

TEMPLATE_LIST_TEST_CASE("a ready typedef passes the conformance cases", "[conformance]", ready_typedefs) {
  conform<TestType>();
}

}  // namespace quire::test
