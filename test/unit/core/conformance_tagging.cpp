// SPDX-License-Identifier: BSL-1.0
// Memories whose tags the library checks itself pass the conformance cases.
#include <tuple>

#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/tagging/checked.hpp>

#include "support/conformance.hpp"
#include "support/stores.hpp"

namespace quire::test {

using checked_allocator = linux_allocator::with_tagging<tagging::checked<>>;
using retagging = tagging::checked<>::retag_on_reset;

using taggings = std::tuple<plain<checked_allocator>, plain<linux_allocator::with_tagging<retagging>>,
                            plain<checked_allocator::with_protection<protection::unguarded>>,
                            plain<posix_allocator::with_tagging<retagging>>,
                            plain<checked_allocator::with_backing<remapping<backing::linux_mmap<>>>>>;

TEMPLATE_LIST_TEST_CASE("an allocator with checked tags passes the conformance cases", "[conformance]", taggings) {
  conform<TestType>();
}

}  // namespace quire::test
