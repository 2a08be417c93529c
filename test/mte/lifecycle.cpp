// SPDX-License-Identifier: BSL-1.0
// Features of tagged memories: distinct neighbours, colours, a fallback, contracts, pointers into them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/effective.hpp>
#include <quire/fallback.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/tagging/coloured.hpp>

#include "conformance/common.hpp"
#include "mte/checking.hpp"

namespace quire::test {
namespace {

using coloured_allocator = with<tagging::coloured<>>;

static_assert(tagged_page_allocator<tagged_allocator>);
static_assert(tagged_page_allocator<with<tagging::mte<>::retag_on_reset>>);
static_assert(!tagged_page_allocator<linux_allocator>);
static_assert(!tagged_page_allocator<coloured_allocator>, "the slot says which");
static_assert(!tagged_page_allocator<with<tagging::mte<>::distinct_neighbours>>, "the address says which half");
using mte_first = fallback<tagged_allocator, linux_allocator>;
static_assert(!tagged_page_allocator<mte_first>, "it may have none");
static_assert(sizeof(tagged_allocator) == 4 * sizeof(void*));
static_assert(tagged_allocator::contract.base_is_tagged && !linux_allocator::contract.base_is_tagged);
static_assert(!tagged_allocator::contract.base_bits_change_on_reset);
static_assert(with<tagging::mte<>::retag_on_reset>::contract.base_bits_change_on_reset);
static_assert(fallback<with<tagging::mte<>::retag_on_reset>, linux_allocator>::contract.base_bits_change_on_reset);
static_assert(tagged_allocator::contract.success_is_memory, "tags take pages");

template <class A>
void expect_distinct_neighbours() {
  std::vector<A> all(40);
  std::uint64_t size = 0;
  for (A& a : all) REQUIRE(a.allocate(pages{1}, pages{++size * 7}).has_value());
  std::ranges::sort(all, {}, [](const A& a) { return without_tag_in(a.data()); });
  unsigned touching = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto distance = static_cast<std::size_t>(without_tag_in(all[i].data()) - without_tag_in(all[i - 1].data()));
    if (distance > all[i - 1].reserved() + (std::size_t{4} << 20)) continue;
    ++touching;
    CHECK(all[i].tag() != all[i - 1].tag());
  }
  CHECK(touching > 0);
}

}  // namespace

TEST_CASE("neighbouring memories have different tags if the policy requires it", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  using distinct = with<tagging::mte<>::distinct_neighbours>;
  expect_distinct_neighbours<distinct::with_protection<protection::unguarded>>();
  expect_distinct_neighbours<with<tagging::mte<>::retag_on_reset::distinct_neighbours>>();
  std::vector<distinct> all(10);
  for (auto& a : all) {
    REQUIRE(a.allocate(pages{1}, pages{4}).has_value());
    const unsigned parity = a.tag() % 2;
    REQUIRE(a.reset(pages{2}).has_value());
    CHECK(a.tag() % 2 == parity);
  }
}

TEST_CASE("the colour follows from the slot, and neighbouring slots differ", "[mte]") {
  using tagging::coloured;
  for (std::size_t slot = 0; slot < 100; ++slot) {
    CHECK(coloured<>::colour_of(slot) != coloured<>::colour_of(slot + 1));
    CHECK(coloured<>::colour_of(slot) == coloured<>::colour_of(slot + 15));
    CHECK((coloured<>::colour_of(slot) >= 1 && coloured<>::colour_of(slot) <= 15));
  }
  CHECK(coloured<>::colour_of(SIZE_MAX) != coloured<>::colour_of(SIZE_MAX - 1));
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope{tag_checks::synchronous, 0x0002};  // colours are not picked, so no mask matters
  for (const std::size_t slot : {0U, 1U, 14U, 15U, 1000U}) {
    coloured_allocator a{tagging::coloured<>{.slot = slot}};
    REQUIRE(a.allocate(pages{2}, pages{4}).has_value());
    CHECK(a.tag() == coloured<>::colour_of(slot));
    CHECK(all_tagged(a.bytes(), a.tag()));
    REQUIRE(a.reset(pages{3}).has_value());
    CHECK(a.tag() == coloured<>::colour_of(slot));
  }
}

TEST_CASE("without checks or without hardware, the untagged candidate acts", "[mte]") {
  const tagging::mte_thread_scope off{tag_checks::none};
  mte_first without_scope;
  REQUIRE(without_scope.allocate(pages{1}, pages{2}).has_value());  // this thread does not check tags
  CHECK(without_scope.acting() == 1);
  CHECK(tag_in(without_scope.data()) == 0);
  write_to(without_scope.data());
  REQUIRE(without_scope.discard(0, 65536).has_value());
  REQUIRE(without_scope.reset(pages{2}).has_value());
  CHECK(all_zero(without_scope.bytes()));
}

TEST_CASE("in a thread that checks tags, the tagged candidate acts", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  mte_first a;
  REQUIRE(a.allocate(pages{1}, pages{2}).has_value());
  CHECK(a.acting() == 0);
  CHECK(tag_in(a.data()) != 0);
  CHECK(all_tagged(a.bytes(), tag_in(a.data())));
  CHECK(a.deallocate(without_tag_in(a.data()), a.size()).error().code == errc::invalid_argument);
  CHECK(a.deallocate(a.data(), a.size()).has_value());
}

TEST_CASE("the base carries its tag, and contains and zone_of ignore tags", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  tagged_allocator a;
  REQUIRE(a.allocate_tagged(pages{1}, 6, pages{2}).has_value());
  std::byte* const base = a.data();
  CHECK(tag_in(base) == 6);
  for (unsigned tag = 0; tag < tag_count; ++tag) {
    CHECK(a.contains(with_tag_in(base, tag)));
    CHECK(a.zone_of(with_tag_in(base + 100, tag)) == zone::accessible);
    CHECK(a.zone_of(with_tag_in(base - 1, tag)) == zone::guard_before);
    CHECK(a.zone_of(with_tag_in(base + 65536, tag)) == zone::reserved);
    if (tag != 6) CHECK(is_refused(a.deallocate(with_tag_in(base, tag), a.size()), errc::invalid_argument));
  }
  CHECK(a.deallocate(base, a.size()).has_value());
}

TEST_CASE("a tagged pointer works as an iterator over tagged memory", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  tagged_allocator a;
  const auto got = a.allocate_tagged(pages{1}, 9, pages{4});
  REQUIRE(got.has_value());
  const auto begin = got->begin.cast_to<std::uint32_t>();
  const auto end = begin + 65536 / 4;
  std::ranges::generate(begin, end, [n = 0U]() mutable { return n += 3; });
  CHECK(*std::ranges::max_element(begin, end) == 3 * 65536 / 4);
  CHECK(begin[5] == 18);
  CHECK(*(begin.with_tag(7).with_tag(9) + 5) == 18);
  CHECK(begin.untagged() == reinterpret_cast<std::uint32_t*>(without_tag_in(a.data())));
}

template <class A>
void start_from_an_image() {
  const std::vector<std::byte> contents(100'000, std::byte{42});
  const auto image = A::image::from(contents);
  REQUIRE(image.has_value());
  A a;
  REQUIRE(a.allocate_from(*image, 65536, pages{4}, pages{8}).has_value());
  CHECK(a.image_mode() == image_mode::copied);
  const auto holds_it = [&] {
    const auto bytes = a.bytes();
    return all_zero(bytes.first(65536)) && holds(bytes.subspan(65536, 100'000), 42) && all_zero(bytes.subspan(165536));
  };
  CHECK(holds_it());
  fill(a.bytes(), 7);
  REQUIRE(a.discard(65536, 65536).has_value());
  CHECK(all_zero(a.bytes().subspan(65536, 65536)));
  REQUIRE(a.reset(pages{4}).has_value());
  CHECK(holds_it());
  CHECK(tag_in(a.data()) != 0);
}

TEST_CASE("an image is copied into pages before they are tagged, and after each reset", "[mte][images]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  start_from_an_image<with_images<tagged_allocator>>();
  start_from_an_image<with_images<with<tagging::mte<>::retag_on_reset>>>();
}

TEST_CASE("effective reports the tag that the pages have", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  tagged_allocator a;
  CHECK(effective(a).tag == std::nullopt);
  REQUIRE(a.allocate_tagged(pages{1}, 11, pages{2}).has_value());
  const auto seen = effective(a).tag;
  if (!seen) return skip("this system does not tell which mappings take tags");
  CHECK(seen == 11U);
  // This changes the tags without the allocator, as effective reads them from the pages.
  machine_calls::tag(with_tag_in(a.data(), 4), 65536);
  CHECK(effective(a).tag == 4U);
  REQUIRE(a.protect(0, 65536, access::none).has_value());
  CHECK(effective(a).tag == std::nullopt);
}

}  // namespace quire::test
