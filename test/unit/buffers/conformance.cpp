// SPDX-License-Identifier: BSL-1.0
// A buffer passes the conformance cases at every level of verification and in every unit.
#include <tuple>

#include <quire/platform/tock.hpp>

#include "support/conformance.hpp"
#include "unit/buffers/storages.hpp"
#include "unit/buffers/tock_kernel.hpp"

namespace quire::test {

using enum verification;

struct in_an_application : in_storages<tock_allocator> {
  static const char* missing() {
    tock_kernel::memory_is_everything();
    return nullptr;
  }
};

using buffers_and_levels = std::tuple<in_storages<over_buffer<given_buffer>>, at_level<off>, at_level<minimal>,
                                      at_level<standard>, at_level<full>, at_level<critical>, in_an_application>;
TEMPLATE_LIST_TEST_CASE("a buffer at any level of verification passes the conformance cases", "[conformance]",
                        buffers_and_levels) {
  conform<TestType>();
}

using units =
    std::tuple<at_level<off, in_units_of<1>>, at_level<critical, in_units_of<1>>, at_level<standard, in_units_of<256>>,
               at_level<off, in_units_of<4096>>, at_level<full, in_units_of<65536>>>;
TEMPLATE_LIST_TEST_CASE("a buffer with any unit of pages passes the conformance cases", "[conformance]", units) {
  conform<TestType>();
}

}  // namespace quire::test
