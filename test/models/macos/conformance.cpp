// SPDX-License-Identifier: BSL-1.0
// Runs the conformance cases for the typedefs of macOS, on a model of Mach.
#include <tuple>

#include "models/macos/configs.hpp"
#include "support/conformance.hpp"

namespace quire::test {

namespace r = residency;
template <class R>
using residing = plain<modelled::with_residency<R>>;

using memories =
    std::tuple<plain<modelled>, plain<modelled::with_protection<protection::index_space<>>>,
               plain<modelled::with_protection<protection::unguarded>>,
               plain<modelled::with_tagging<tagging::vm_tag<250>>>, plain<modelled::with_page_size<in_units<4096>>>,
               residing<r::populated>, residing<r::locked>, residing<r::not_inherited>, residing<r::purgeable<>>,
               plain<modelled::with_backing<backing::imaged<backing::mach_vm<mach_model>>>>>;

TEMPLATE_LIST_TEST_CASE("a macOS typedef passes every conformance case on the model of Mach", "[conformance]",
                        memories) {
  conform<TestType>();
}

}  // namespace quire::test
