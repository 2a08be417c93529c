// SPDX-License-Identifier: BSL-1.0
// Makes every call of every operation fail in turn.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "fault/every_failure.hpp"
#include "models/qnx/configs.hpp"
#include "models/qnx/failing_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/page_units.hpp"

namespace quire::test {

namespace r = residency;
using sdp_8 = failing_qnx<calls::qnx>;
using qnx_7 = failing_qnx<before_sdp_8<>>;
template <class B, class Residency = r::on_demand>
using over = qnx_allocator::with_backing<B>::template with_residency<Residency>;

using typedefs =
    std::tuple<on_qnx<over<backing::qnx_mmap<sdp_8>>>, on_qnx<over<backing::qnx_mmap<sdp_8>, r::locked>>,
               on_qnx<over<backing::qnx_mmap<sdp_8>>::with_page_size<in_units<1>>>,
               on_qnx<over<backing::qnx_contiguous_mmap<sdp_8>>>, on_qnx<over<backing::qnx_lazy_mmap<sdp_8>>>,
               on_pool<over<backing::qnx_typed_memory<sdp_8>>>, on_qnx_7<over<backing::qnx_mmap<qnx_7>>>,
               on_qnx_7<over<backing::qnx_mmap<qnx_7>, all_of<r::populated, r::locked>>>>;

TEMPLATE_LIST_TEST_CASE("with a QNX typedef every failing call leaves an allowed state", "[fault]", typedefs) {
  on_each_page_size<TestType>([](std::size_t page) {
    INFO("pages of " << page << " bytes");
    survive_every_failure<TestType>();
  });
}

}  // namespace quire::test
