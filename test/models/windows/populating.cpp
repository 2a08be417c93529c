// SPDX-License-Identifier: BSL-1.0
// Populating parts of a memory on the model of Windows.
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/core/populating_cases.hpp"

namespace quire::test {

using ready = windows_over<windows_model>;

TEMPLATE_TEST_CASE("populating on Windows brings pages in, keeps contents, and refuses what may not be written to",
                   "[populating]", ready, ready::with_protection<protection::index_space<>>,
                   ready::with_page_size<in_units<4096>>) {
  verify_populate(TestType{});
  verify_populate_of_protected(TestType{});
  populate_in_threads(TestType{}, 3);
}

TEST_CASE("memory on a node of Windows is populated by threads that run where they did", "[populating]") {
  ready::with_placement<placement::prefer> a(placement::prefer{1});
  REQUIRE(a.allocate(pages{4}));
  population_share told;
  CHECK(populate_share(a, 1, 2, &told));
  CHECK(told == population_share{.offset = 2 * 65536, .bytes = 2 * 65536, .done = 2 * 65536, .node = std::nullopt});
}

TEST_CASE("a failing call of populate on Windows changes nothing", "[populating][fault]") {
  using failing_windows = windows_over<watched_windows_calls<windows_model, failure_injector<windows_model>>>;
  using journal = failing_windows::backing_type::calls::watcher;
  failing_windows a;
  REQUIRE(a.allocate(pages{2}));
  journal::arm({0, {windows_model::invalid_parameter}});
  std::size_t done = 1;
  CHECK(a.populate(0, a.size(), &done).error().native == windows_model::invalid_parameter);
  CHECK(done == 0);
  journal::disarm();
  CHECK(a.populate(0, a.size()));
}

}  // namespace quire::test
