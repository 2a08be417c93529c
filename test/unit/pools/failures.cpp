// SPDX-License-Identifier: BSL-1.0
// Makes every call of a pool fail, over Linux and POSIX.
#include <quire/backing/imaged.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/populated.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/fakes/older_kernel.hpp"
#include "support/process/machine.hpp"
#include "unit/pools/every_failure.hpp"

namespace quire::test {

namespace r = recycling;
using plain_linux = linux_allocator::with_backing<failing_store>;
using populated_linux = plain_linux::with_residency<residency::populated>;
using configured_linux = plain_linux::with_residency<residency::excluded_from_dumps>;
using older_linux = linux_allocator::with_backing<failing_linux<older_kernel>>;
using starting_linux = with_images<plain_linux>;
using plain_posix = posix_allocator::with_backing<backing::posix_mmap<failing_calls<calls::posix>>>;

TEMPLATE_TEST_CASE("whichever call of a pool fails no slot is lost and no byte passes to the next user",
                   "[pool][fault]", (failing_pool<plain_linux, r::decommit>),
                   (failing_pool<plain_linux, r::zero_high_water>), (failing_pool<plain_linux, r::zero_dirty>),
                   (failing_pool<plain_linux, r::adaptive>), (failing_pool<plain_linux, r::zero_all>),
                   (failing_pool<populated_linux, r::zero_dirty>), (failing_pool<configured_linux, r::decommit>),
                   (failing_pool<plain_linux, r::decommit, bounds::guard_markers>),
                   (failing_pool<plain_linux, r::zero_dirty, bounds::guard_markers>),
                   (failing_pool<older_linux, r::zero_all, bounds::guard_markers>),
                   (failing_pool<starting_linux, r::zero_dirty>), (failing_pool<starting_linux, r::decommit>),
                   (failing_pool<with_images<configured_linux>, r::adaptive>),
                   (failing_pool<starting_linux, r::zero_high_water, bounds::guard_markers>),
                   (failing_pool<plain_linux, r::deferred<r::zero_all>>),
                   (failing_pool<plain_linux, r::batched_decommit<2>>),
                   (failing_pool<starting_linux, r::batched_decommit<3>, bounds::guard_markers>),
                   (failing_pool<with_images<plain_posix>, r::zero_all>), (failing_pool<plain_posix, r::decommit>),
                   (failing_pool<plain_posix, r::zero_all>)) {
  survive_every_failure_of_a_pool<TestType>();
}

TEST_CASE("whichever call of a sealed pool fails no slot is lost and no byte passes to the next user",
          "[pool][fault]") {
  if (const char* reason = no_sealing()) return skip(reason);
  if (const char* reason = no_guard_markers()) return skip(reason);
  survive_every_failure_of_a_pool<failing_pool<plain_linux, r::zero_dirty, bounds::sealed_guard_markers>>();
}

TEST_CASE("whichever call of a pool with keys fails no slot is lost and no byte passes to the next user",
          "[pool][keys][fault]") {
  if (const char* reason = no_protection_keys()) return skip(reason);
  survive_every_failure_of_a_pool<failing_pool<plain_linux, r::zero_dirty, bounds::key_stripes<2>>>();
  survive_every_failure_of_a_pool<failing_pool<plain_linux, r::decommit, bounds::key_stripes<>>>();
  survive_every_failure_of_a_pool<failing_pool<starting_linux, r::zero_high_water, bounds::key_stripes<3>>>();
  survive_every_failure_of_a_pool<failing_pool<populated_linux, r::zero_all, bounds::key_stripes<2>>>();
}

}  // namespace quire::test
