// SPDX-License-Identifier: BSL-1.0
// Hardware tags in a build without the instructions: they can be named and requested, and the request is refused.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <quire/composable.hpp>
#include <quire/detail/tagging.hpp>
#include <quire/mte_thread_scope.hpp>
#include <quire/platform/linux_arm64_mte.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/tagging/coloured.hpp>
#include <quire/tagging/mte.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

constexpr bool is_arm64 = backing::detail::tagging_calls<calls::linux_kernel>;

template <class T>
constexpr bool is_composable = composable<linux_allocator::backing_type, protection::guarded<>, T, page_size::native,
                                          placement::anywhere, residency::on_demand>;
static_assert(is_composable<tagging::untagged> && is_composable<tagging::mte<>> == is_arm64 &&
              is_composable<tagging::coloured<>> == is_arm64);

/// Naming the typedef compiles on every target.
template <class A>
struct named_by {};
using it_is = named_by<linux_arm64_mte_allocator>;

TEST_CASE("a thread cannot enable tag checks where the build lacks the instructions", "[mte]") {
  if (is_arm64) return skip("this build has them: see test/mte");
  for (const tag_checks checks : {tag_checks::none, tag_checks::preferred, tag_checks::synchronous}) {
    const tagging::mte_thread_scope scope{checks};
    CHECK_FALSE(scope);
    REQUIRE_FALSE(scope.outcome().has_value());
    CHECK(scope.outcome().error() == error{errc::not_supported, step::tag, 0});
  }
}

/// The reserve granule of Linux, without memory behind it.
struct granules_of_two_mebibytes {
  static constexpr store_traits traits{.reserve_granule = std::size_t{2} << 20};
};

TEST_CASE("adjacent reservations with distinct_neighbours pick from different halves of the tags", "[mte]") {
  geometry g;
  tagging::mte<>::distinct_neighbours::shape(g);
  CHECK(g.odd_granule_count);
  constexpr std::size_t granule = granules_of_two_mebibytes::traits.reserve_granule;
  std::uintptr_t begin = 7 * granule;
  std::uint16_t before = 0;
  for (std::size_t capacity = 0; capacity < 40 * granule; capacity += 3 * granule / 4) {
    const auto tags = detail::tags_at<granules_of_two_mebibytes>(reinterpret_cast<const std::byte*>(begin));
    CHECK((tags == 0x5555 || tags == 0xaaaa));
    CHECK((tags & before) == 0);
    before = tags;
    begin += plan(g, capacity, {4096, granule}).total();
  }
}

}  // namespace
}  // namespace quire::test
