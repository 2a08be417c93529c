// SPDX-License-Identifier: BSL-1.0
// Memories that start from an image.
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include <quire/image.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "support/conformance.hpp"
#include "support/process/machine.hpp"
#include "unit/images/contents.hpp"

namespace quire::test {
namespace {

using mapping = with_images<linux_allocator>;
using copying = with_images<posix_allocator>;

}  // namespace

using with_start = std::tuple<plain<mapping>, plain<copying>, plain<mapping::with_residency<residency::populated>>,
                              if_available<plain<mapping::with_residency<residency::locked>>, no_locking>>;

TEMPLATE_LIST_TEST_CASE("a store with images passes the conformance cases", "[conformance]", with_start) {
  conform<TestType>();
}

TEMPLATE_TEST_CASE("a memory starts with the image and zeros around it", "[images]", mapping, copying,
                   mapping::with_residency<residency::populated>) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4095}, std::size_t{70000}, std::size_t{131072}}) {
    const auto contents = pattern(bytes);
    const auto image = image_of<TestType>(contents);
    TestType a;
    const std::size_t offset = a.image_granularity() * 3;
    REQUIRE(a.allocate_from(image, offset, pages{4}, pages{8}));
    CHECK(holds_image(a.bytes(), contents, offset));
    CHECK(a.image_mode() == (TestType::image::mappable ? image_mode::mapped : image_mode::copied));

    REQUIRE(a.grow(pages{1}));
    CHECK(all_zero(a.bytes().last(chunk)));
    fill(a.bytes(), 0x55);
    TestType another;
    REQUIRE(another.allocate_from(image, offset, pages{4}));
    CHECK(holds_image(another.bytes(), contents, offset));  // written pages are private to the memory that wrote them

    REQUIRE(a.reset(pages{4}));
    CHECK(holds_image(a.bytes(), contents, offset));
    REQUIRE(a.reset(pages{6}));
    CHECK(holds_image(a.bytes(), contents, offset));
  }
}

/// A kernel before 5.14, on which pages are touched to bring them in.
struct before_5_14 : calls::linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return advice == advice_populate_write ? invalid : linux_kernel::madvise(p, bytes, advice);
  }
};

TEST_CASE("pages populated by touching keep the image", "[images]") {
  using touching = with_images<
      linux_allocator::with_backing<backing::linux_mmap<before_5_14>>::with_residency<residency::populated>>;
  const auto contents = pattern(70000);
  const auto image = image_of<touching>(contents);
  touching a;
  REQUIRE(a.allocate_from(image, chunk, pages{4}));
  CHECK(holds_image(a.bytes(), contents, chunk));
  REQUIRE((a.reset(pages{4}) && a.grow(pages{0})));
  CHECK(holds_image(a.bytes(), contents, chunk));
}

TEMPLATE_TEST_CASE("discard and shrink remove the image from the pages that they take", "[images]", mapping, copying) {
  const auto contents = pattern(3 * chunk);
  const auto image = image_of<TestType>(contents);
  TestType a;
  REQUIRE(a.allocate_from(image, 0, pages{4}, pages{8}));
  if constexpr (can_discard<TestType>) {
    REQUIRE(a.discard(chunk, chunk));
    CHECK(all_zero(a.bytes().subspan(chunk, chunk)));
    CHECK(std::equal(contents.begin(), contents.begin() + chunk, a.bytes().begin()));
  }
  REQUIRE(a.shrink(pages{4}, pages{3}));
  REQUIRE(a.grow(pages{3}));
  CHECK(std::equal(contents.begin(), contents.begin() + chunk, a.bytes().begin()));
  CHECK(all_zero(a.bytes().subspan(chunk)));
  REQUIRE(a.reset(pages{2}));
  CHECK(std::equal(a.bytes().begin(), a.bytes().end(), contents.begin()));
  REQUIRE(a.grow(pages{2}));
  CHECK(all_zero(a.bytes().last(2 * chunk)));
}

TEMPLATE_TEST_CASE("allocate_from refuses an image that does not fit", "[images]", mapping, copying) {
  const auto contents = pattern(chunk + 1);
  auto moved_from = image_of<TestType>(contents);
  const auto image = std::move(moved_from);
  TestType a;
  CHECK(is_refused(a.allocate_from(moved_from, 0, pages{4}), errc::invalid_argument));
  CHECK(is_refused(a.allocate_from(image, 0, pages{1}), errc::invalid_argument));
  CHECK(is_refused(a.allocate_from(image, 1, pages{4}), errc::invalid_argument));
  CHECK(is_refused(a.allocate_from(image, 8 * chunk, pages{4}), errc::invalid_argument));
  CHECK(is_refused(a.allocate_from(image, 0, pages{4}, pages{3}), errc::invalid_argument));
  CHECK(a.data() == nullptr);
  CHECK(is_refused(TestType::image::from({}), errc::invalid_argument));
  REQUIRE(a.allocate_from(image, 0, pages{2}));
  CHECK(is_refused(a.allocate_from(image, 0, pages{2}), errc::already_allocated));
  CHECK(std::equal(contents.begin(), contents.end(), a.bytes().begin()));
}

TEMPLATE_TEST_CASE("a plain allocate after deallocate has no image", "[images]", mapping, copying) {
  const auto contents = pattern(chunk);
  const auto image = image_of<TestType>(contents);
  TestType a;
  REQUIRE(a.allocate_from(image, 0, pages{2}));
  REQUIRE(a.deallocate(a.data(), a.size()));
  REQUIRE(a.allocate(pages{2}));
  CHECK(all_zero(a.bytes()));
  CHECK(a.image_mode() == image_mode::none);
  fill(a.bytes(), 0x11);
  REQUIRE(a.reset(pages{2}));
  CHECK(all_zero(a.bytes()));
}

TEST_CASE("memories from one image have its contents and private writes", "[images]") {
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<mapping>(contents);
  std::vector<mapping> memories(8);
  for (mapping& each : memories) REQUIRE(each.allocate_from(image, 0, pages{4}));
  for (mapping& each : memories) CHECK(holds_image(each.bytes(), contents, 0));
  fill(memories[3].bytes(), 0);
  CHECK(holds_image(memories[4].bytes(), contents, 0));
}

}  // namespace quire::test
