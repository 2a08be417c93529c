// SPDX-License-Identifier: BSL-1.0
// Every residency, and every combination of residencies, passes the conformance cases.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/populated.hpp>

#include "support/conformance.hpp"
#include "support/process/machine.hpp"

namespace quire::test {

namespace r = residency;
template <class R>
using residing = plain<linux_allocator::with_residency<R>>;
template <class R>
using residing_locked = if_available<residing<R>, no_locking>;

using residencies = std::tuple<residing<r::populated>, residing<r::assured>, residing<r::excluded_from_dumps>,
                               residing<r::not_inherited>, residing_locked<r::locked>,
                               residing_locked<all_of<r::locked, r::excluded_from_dumps>>,
                               residing_locked<all_of<r::populated, r::locked>>,
                               residing<all_of<r::populated, r::excluded_from_dumps, r::not_inherited>>,
                               residing<all_of<r::on_demand, r::not_inherited>>>;

TEMPLATE_LIST_TEST_CASE("an allocator with any residency passes the conformance cases", "[conformance]", residencies) {
  conform<TestType>();
}

}  // namespace quire::test
