// SPDX-License-Identifier: BSL-1.0
// Mirrored memory on the model of Windows: views in place of placeholders, and every call failing.

#include "fault/windows_rules.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/rings/mirror_cases.hpp"

namespace quire::test {

using ready = windows_over<windows_model>;
using failing_windows = windows_over<watched_windows_calls<windows_model, failure_injector<windows_model>>>;
using rules = fault_rules<failing_windows::backing_type::calls>;

struct large_working_set {
  large_working_set() { windows_model::machine.minimum_working_set = std::size_t{1} << 32; }
  large_working_set(const large_working_set&) = delete;
  large_working_set& operator=(const large_working_set&) = delete;
  ~large_working_set() { windows_model::machine = {}; }
};

TEMPLATE_TEST_CASE("mirrored memory of Windows is the same by both addresses", "[rings]", ready,
                   ready::with_protection<protection::unguarded>, (ready::with_protection<protection::guarded<0, 1>>),
                   (ready::with_protection<protection::guarded<1, 0>>), ready::with_residency<residency::populated>,
                   ready::with_residency<residency::locked>) {
  const large_working_set enough;
  verify_life_of_mirrored<TestType>();
  CHECK(windows_model::reserved_bytes() == 0);
  CHECK(windows_model::committed_bytes() == 0);
  CHECK(windows_model::open_sections() == 0);
}

TEST_CASE("mirrored memory of Windows is charged once, and refused at the limit", "[rings]") {
  mirrored<ready> m;
  REQUIRE(m.allocate(1 << 20));
  CHECK(windows_model::committed_bytes() == 1 << 20);
  windows_model::machine.commit_limit = 3 << 19;
  mirrored<ready> other;
  const auto refused = other.allocate(1 << 20);
  windows_model::machine.commit_limit = windows_machine{}.commit_limit;
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::out_of_memory);
}

TEST_CASE("without placeholders Windows mirrors no memory", "[rings]") {
  windows_model::machine.has_placeholders = false;
  mirrored<ready> m;
  const auto got = m.allocate(1);
  windows_model::machine = {};
  REQUIRE_FALSE(got);
  CHECK(got.error() == quire::error{errc::not_supported, step::reserve, windows_model::procedure_not_found});
}

TEST_CASE("mirrored memory of Windows has the system's alignment only", "[rings]") {
  mirrored<ready::with_page_size<at_two_megabytes>> m;
  const auto got = m.allocate(1);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::not_supported);
}

TEMPLATE_TEST_CASE("whichever call of mirrored memory on Windows fails nothing is left", "[rings][fault]",
                   failing_windows, failing_windows::with_protection<protection::unguarded>,
                   failing_windows::with_residency<residency::locked>) {
  const large_working_set enough;
  survive_every_failure_of_mirrored<TestType, rules>();
  CHECK(windows_model::open_sections() == 0);
  CHECK(windows_model::reserved_bytes() == 0);
}

TEST_CASE("a ring on the model of Windows", "[rings]") { pass_three_rounds_through_a_ring<ready>(); }

}  // namespace quire::test
