// SPDX-License-Identifier: BSL-1.0
// Populating parts of a memory on the model of Mach.
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/core/populating_cases.hpp"

namespace quire::test {

TEMPLATE_TEST_CASE("populating on macOS brings pages in, keeps contents, and refuses what may not be written to",
                   "[populating]", modelled, modelled::with_protection<protection::index_space<>>,
                   modelled::with_residency<residency::locked>, with_images<modelled>) {
  verify_populate(TestType{});
  verify_populate_of_protected(TestType{});
  populate_in_threads(TestType{}, 3);
}

TEST_CASE("a failing call of populate on macOS changes nothing", "[populating][fault]") {
  using failing_macos = macos_over<watched_mach_calls<mach_model, failure_injector<mach_model>>>;
  using journal = failing_macos::backing_type::calls::watcher;
  failing_macos a;
  REQUIRE(a.allocate(pages{2}));
  journal::arm({0, {mach_model::resource_shortage}});
  std::size_t done = 1;
  CHECK(a.populate(0, a.size(), &done).error().code == errc::out_of_memory);
  CHECK(done == 0);
  journal::disarm();
  CHECK(a.populate(0, a.size()));
}

}  // namespace quire::test
