// SPDX-License-Identifier: BSL-1.0
// Every granule has the tag of its memory after every operation.
#include <cstddef>
#include <span>

#include <quire/all_of.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "conformance/common.hpp"
#include "mte/checking.hpp"

namespace quire::test {
namespace {

template <class A>
void expect_whole(A& a, unsigned tag) {
  CHECK(a.tag() == tag);
  CHECK(tag_in(a.data()) == tag);
  CHECK(all_tagged(a.bytes(), tag));
}

/// Each step adds or removes one page, so that even many pages are checked quickly.
template <class A>
void live(std::uint64_t count) {
  const tagging::mte_thread_scope scope;
  REQUIRE(scope.outcome().has_value());
  A a;
  INFO(count << " pages");
  REQUIRE(a.allocate(pages{count}, pages{count + 2}).has_value());
  const unsigned tag = a.tag();
  CHECK(tag != 0);
  expect_whole(a, tag);
  fill(a.bytes(), 0x11);

  REQUIRE(a.grow(pages{1}).has_value());
  expect_whole(a, tag);
  CHECK(holds(a.bytes().first(count * 65536), 0x11));
  CHECK(all_zero(a.bytes().subspan(count * 65536)));

  fill(a.bytes(), 0x12);
  REQUIRE(a.discard(0, 65536).has_value());
  expect_whole(a, tag);
  CHECK(all_zero(a.bytes().first(65536)));
  CHECK(holds(a.bytes().subspan(65536), 0x12));

  REQUIRE(a.shrink(pages{1}).has_value());
  REQUIRE(a.grow(pages{2}).has_value());
  expect_whole(a, tag);
  CHECK(all_zero(a.bytes().subspan(count * 65536)));

  REQUIRE(a.protect(0, 65536, access::read).has_value());
  unsigned last = tag;
  for (const std::uint64_t size : {std::uint64_t{1}, count + 1}) {
    fill(a.bytes().subspan(size == 1 ? 65536 : 0), 0x13);
    REQUIRE(a.reset(pages{size}).has_value());
    CHECK((a.tag() != last) == A::contract.base_bits_change_on_reset);
    expect_whole(a, last = a.tag());
    CHECK(all_zero(a.bytes()));
  }
}

}  // namespace

TEST_CASE("every granule has the tag of its memory", "[mte][every_granule]") {
  REQUIRE_TAGS();
  for (const std::uint64_t count : {1U, 16U, 1024U}) live<tagged_allocator>(count);
}

TEST_CASE("granules keep the tag of their memory with every other policy", "[mte]") {
  REQUIRE_TAGS();
  namespace r = residency;
  live<with<tagging::mte<>::retag_on_reset>>(3);
  live<with<tagging::mte<>::distinct_neighbours>>(3);
  live<tagged_allocator::with_protection<protection::unguarded>>(3);
  live<tagged_allocator::with_protection<protection::index_space<>>>(3);
  live<tagged_allocator::with_page_size<page_size::transparent_huge<>>>(3);
  live<tagged_allocator::with_residency<r::populated>>(3);
  live<tagged_allocator::with_residency<r::locked>>(3);
}

TEST_CASE("granules are tagged in pairs where they cannot be tagged in blocks", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  tagged_allocator a;
  REQUIRE(a.allocate_tagged(pages{1}, 3, pages{2}).has_value());
  fill(a.bytes(), 0x21);
  machine_calls::tag_by_pairs(with_tag_in(a.data(), 5), 65536);
  const std::span<std::byte> again{with_tag_in(a.data(), 5), 65536};
  CHECK(all_tagged(again, 5));
  CHECK(holds(again, 0x21));
  machine_calls::clear_and_tag_by_pairs(with_tag_in(a.data(), 3), 65536);
  CHECK(all_tagged(a.bytes(), 3));
  CHECK(all_zero(a.bytes()));
  CHECK(tag_in_memory(a.data() + 65536 - tag_granule) == 3);
}

TEST_CASE("allocate_tagged accepts every allowed tag, and refuses all others", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  for (unsigned tag = 1; tag < tag_count; ++tag) {
    tagged_allocator a;
    const auto got = a.allocate_tagged(pages{2}, tag, pages{4});
    REQUIRE(got.has_value());
    CHECK(got->begin.tag() == tag);
    CHECK(got->bytes.data() == got->begin.get());
    expect_whole(a, tag);
    REQUIRE(a.grow(pages{1}).has_value());
    REQUIRE(a.reset(pages{4}).has_value());
    expect_whole(a, tag);
  }
  tagged_allocator a;
  for (const unsigned tag : {0U, 16U, 17U, 255U, ~0U})
    CHECK(is_refused(a.allocate_tagged(pages{1}, tag), errc::invalid_argument));
  CHECK(a.data() == nullptr);
  CHECK(a.tag() == 0);
  with<tagging::mte<tagging::mte_mode::synchronous, 0xffff, tagging::allow_zero>> with_zero;
  REQUIRE(with_zero.allocate_tagged(pages{1}, 0, pages{4}).has_value());
  expect_whole(with_zero, 0);
}

TEST_CASE("tags are picked from all the choices of the policy", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  unsigned seen = 0;
  for (int i = 0; i < 200; ++i) {
    with<tagging::mte<tagging::mte_mode::synchronous, 0x00f0>> a;
    REQUIRE(a.allocate(pages{1}, pages{4}).has_value());
    seen |= 1U << a.tag();
  }
  CHECK(seen == 0x00f0);  // all four: the chance to miss one is below 10^-24
}

TEST_CASE("a reset that retags never picks the previous tag", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  with<tagging::mte<tagging::mte_mode::synchronous, 0x0028>::retag_on_reset> a;  // tags 3 and 5
  REQUIRE(a.allocate(pages{1}, pages{4}).has_value());
  std::byte* const address = without_tag_in(a.data());
  for (int i = 0; i < 20; ++i) {
    const unsigned before = a.tag();
    REQUIRE(a.reset(pages{1}).has_value());
    CHECK(a.tag() == 8 - before);
    CHECK(without_tag_in(a.data()) == address);
  }
}

}  // namespace quire::test
