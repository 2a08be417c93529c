// SPDX-License-Identifier: BSL-1.0
// Runs the conformance cases for memories of Windows on the model, with each page size.
#include <tuple>

#include <quire/residency/purgeable.hpp>

#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "support/conformance.hpp"

namespace quire::test {

using ready = windows_over<windows_model>;
template <class R>
using residing = plain<ready::with_residency<R>>;

using memories =
    std::tuple<plain<ready>, plain<ready::with_protection<protection::index_space<>>>,
               plain<ready::with_protection<protection::unguarded>>,
               on_node_0<ready::with_placement<placement::prefer>>, plain<ready::with_page_size<at_two_megabytes>>,
               plain<ready::with_page_size<in_units<4096>>>, residing<residency::populated>,
               residing<residency::locked>, residing<residency::purgeable<>>,
               executing<ready::with_backing<backing::executable_windows_virtual<windows_model>>>>;

TEMPLATE_LIST_TEST_CASE("a Windows typedef passes every conformance case with each page size", "[conformance]",
                        memories) {
  windows_model::machine.minimum_working_set = std::size_t{1} << 32;
  for (const std::size_t page : {4096U, 16384U, 65536U}) {
    windows_model::machine.page = page;
    INFO("pages of " << page << " bytes");
    conform<TestType>();
  }
  windows_model::machine = {};
}

}  // namespace quire::test
