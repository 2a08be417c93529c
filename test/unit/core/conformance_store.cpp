// SPDX-License-Identifier: BSL-1.0
// Every protection and every kind of store passes the conformance cases.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/tagging/named.hpp>

#include "support/conformance.hpp"
#include "support/page_units.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {

namespace p = protection;
using linux_store = backing::linux_mmap<>;
template <class P>
using protected_by = plain<linux_allocator::with_protection<P>>;
template <class B>
using over = linux_allocator::with_backing<B>;

using board = in_buffer<1_MiB>;
using board_allocator = page_allocator<board, p::unguarded, tagging::untagged, page_size::native, placement::anywhere>;

struct on_board : plain<board_allocator> {
  template <class... Limits>
  static board_allocator make(Limits... limits) noexcept {
    static buffers<1_MiB> memory;
    return board_allocator{board{&memory}, limits...};
  }
};

using protections_and_stores = joined<
    std::tuple<protected_by<p::unguarded>, protected_by<p::guarded<1, 0>>,
               protected_by<all_of<p::aligned<2_MiB>, p::guarded<>>>,
               executing<over<backing::linux_mmap<calls::linux_kernel, execution::allowed>>>,
               plain<over<remapping<linux_store>>::with_residency<residency::excluded_from_dumps>>,
               plain<over<with_words_twice<linux_store>>>, plain<posix_allocator::with_page_size<in_units<4096>>>,
               if_available<plain<linux_allocator::with_tagging<tagging::named<"quire test">>>, no_mapping_names>,
               on_board>,
    on_64_bits<protected_by<all_of<p::index_space<>, p::guarded<>>>, protected_by<p::index_space<32, 20>>>>;

TEMPLATE_LIST_TEST_CASE("an allocator with any protection and store passes the conformance cases", "[conformance]",
                        protections_and_stores) {
  conform<TestType>();
}

}  // namespace quire::test
