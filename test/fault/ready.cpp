// SPDX-License-Identifier: BSL-1.0
// Makes every call of the ready-made typedefs fail.
#include <tuple>

#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "fault/every_failure.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/machine.hpp"

namespace quire::test {

using failing_posix = backing::posix_mmap<failing_calls<calls::posix>>;

using ready_typedefs =
    std::tuple<failing<linux_allocator>, failing<wasm_linux_allocator>, failing<huge_linux_allocator>,
               sole<if_available<on_node_0<numa_linux_allocator::with_backing<failing_store>>, no_numa_calls>>,
               failing<checked_linux_allocator>, failing<posix_allocator, failing_posix>>;

TEMPLATE_LIST_TEST_CASE("with a ready-made typedef every failing call leaves an allowed state", "[fault]",
                        ready_typedefs) {
  if (const char* const reason = TestType::missing()) return skip(reason);
  survive_every_failure<TestType>();
}

}  // namespace quire::test
