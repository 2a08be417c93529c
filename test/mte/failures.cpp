// SPDX-License-Identifier: BSL-1.0
// Makes every call of the operations on a tagged memory fail in turn.
#include <tuple>

#include <quire/fallback.hpp>
#include <quire/residency/locked.hpp>

#include "fault/every_failure.hpp"
#include "mte/checking.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {

template <class A, class Store = failing_store>
using failing_tagged = in_checking_thread<failing<A, Store>>;
using tagged_or_not =
    fallback<tagged_allocator::with_backing<failing_store>, linux_allocator::with_backing<failing_store>>;

using taggings = std::tuple<failing_tagged<tagged_allocator>, failing_tagged<with<tagging::mte<>::retag_on_reset>>,
                            failing_tagged<tagged_allocator::with_protection<protection::unguarded>>,
                            in_checking_thread<preferring<plain<tagged_or_not>>>,
                            failing_tagged<with<tagging::mte<>::retag_on_reset>, remapping<failing_store>>>;

TEMPLATE_LIST_TEST_CASE("with hardware tags every failing call leaves an allowed state", "[mte][fault]", taggings) {
  if (const char* const reason = TestType::missing()) return skip(reason);
  survive_every_failure<TestType>();
}

}  // namespace quire::test
