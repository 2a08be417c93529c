// SPDX-License-Identifier: BSL-1.0
// Makes every call fail, under every placement, residency, tagging and protection policy.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/fallback.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/near_to.hpp>
#include <quire/placement/weighted_interleave.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/named.hpp>

#include "fault/every_failure.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {

namespace r = residency;
template <class R>
using residing = failing<linux_allocator::with_residency<R>>;
template <class R>
using residing_locked = if_available<residing<R>, no_locking>;
template <class L>
using placed =
    sole<if_available<on_node_0<typename linux_allocator::with_placement<L>::template with_backing<failing_store>>,
                      no_numa_calls>>;
using base = linux_allocator::with_backing<failing_store>;
using populated_or_not = fallback<base::with_residency<r::populated>, base>;
using everything = all_of<r::populated, r::excluded_from_dumps, r::not_inherited>;

using policies =
    std::tuple<placed<placement::local>, placed<placement::bind>, placed<placement::interleave>,
               placed<placement::weighted_interleave>, sole<near_the_program<base::with_placement<placement::near_to>>>,
               residing<r::populated>, residing<r::assured>, residing_locked<r::locked>,
               residing<r::excluded_from_dumps>, residing<everything>, preferring<plain<populated_or_not>>,
               failing<linux_allocator::with_tagging<tagging::named<"quire test">>>,
               failing<linux_allocator::with_tagging<tagging::checked<>>>,
               failing<linux_allocator::with_tagging<tagging::checked<>::retag_on_reset>>,
               failing<linux_allocator::with_protection<protection::unguarded>>,
               failing<linux_allocator::with_residency<everything>, remapping<failing_store>>>;

TEMPLATE_LIST_TEST_CASE("with any other policy every failing call leaves an allowed state", "[fault]", policies) {
  if (const char* const reason = TestType::missing()) return skip(reason);
  survive_every_failure<TestType>();
}

}  // namespace quire::test
