// SPDX-License-Identifier: BSL-1.0
// Runs the conformance cases for tagged memories.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/fallback.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/coloured.hpp>

#include "mte/checking.hpp"
#include "support/conformance.hpp"
#include "support/page_units.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {

namespace r = residency;
using tagged_remapping = tagged_allocator::with_backing<remapping<backing::linux_mmap<>>>;

/// A colour is data, so the config passes it.
struct coloured_config : plain<with<tagging::coloured<>>> {
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    return allocator{tagging::coloured<>{.slot = 3}, limits...};
  }
};

using taggings =
    std::tuple<checked_config<tagged_allocator>, checked_config<with<tagging::mte<>::retag_on_reset>>,
               checked_config<with<tagging::mte<>::distinct_neighbours>>, in_checking_thread<coloured_config>,
               checked_config<fallback<tagged_allocator, linux_allocator>>,
               checked_config<tagged_allocator::with_protection<protection::unguarded>>,
               checked_config<tagged_allocator::with_protection<protection::index_space<>>>,
               checked_config<tagged_allocator::with_residency<all_of<r::populated, r::excluded_from_dumps>>>,
               checked_config<tagged_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>>>,
               checked_config<tagged_allocator::with_page_size<in_units<4096>>>, checked_config<tagged_remapping>,
               in_checking_thread<plain<tagged_remapping::with_residency<r::locked>>>>;

TEMPLATE_LIST_TEST_CASE("a memory with hardware tags passes every conformance case", "[mte][conformance]", taggings) {
  if (const char* const why = TestType::missing()) return skip(why);
  if (const char* const why = no_clearing_through_tags()) return skip(why);
  conform<TestType>();
}

}  // namespace quire::test
