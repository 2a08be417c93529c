// SPDX-License-Identifier: BSL-1.0
// Mirrored memory on the model of Mach: one byte by both addresses, and every call failing.

#include "fault/mach_rules.hpp"
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/rings/mirror_cases.hpp"

namespace quire::test {

using failing_macos = macos_over<watched_mach_calls<mach_model, failure_injector<mach_model>>>;

TEMPLATE_TEST_CASE("mirrored memory of macOS is the same by both addresses", "[rings]", modelled,
                   modelled::with_protection<protection::unguarded>, modelled::with_residency<residency::populated>,
                   modelled::with_residency<residency::locked>, modelled::with_residency<residency::not_inherited>,
                   modelled::with_tagging<tagging::vm_tag<240>>) {
  verify_life_of_mirrored<TestType>();
  CHECK(mach_model::now.map.entries().empty());
}

TEST_CASE("both appearances of mirrored memory on macOS stay out of child processes, and have one VM tag", "[rings]") {
  mirrored<modelled::with_tagging<tagging::vm_tag<240>>> m;
  REQUIRE(m.allocate(1));
  for (const std::size_t at : {std::size_t{0}, m.size()}) {
    mach_model::memory_region found{};
    REQUIRE(mach_model::vm_region(m.data() + at, found) == 0);
    CHECK(found.inheritance == mach_model::inherit_none);
    CHECK(found.tag == 240);
  }
}

TEMPLATE_TEST_CASE("whichever call of mirrored memory on macOS fails nothing is left", "[rings][fault]", failing_macos,
                   failing_macos::with_residency<residency::locked>) {
  survive_every_failure_of_mirrored<TestType, fault_rules<failing_macos::backing_type::calls>>();
}

TEST_CASE("a ring on the model of macOS", "[rings]") { pass_three_rounds_through_a_ring<modelled>(); }

}  // namespace quire::test
