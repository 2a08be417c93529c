// SPDX-License-Identifier: BSL-1.0
// The conformance cases and further tests for macOS itself, over the system's own calls. The program is built for both
// processors, and has to be run on a Mac.
#include <tuple>
#include <type_traits>

#include <quire/backing/imaged.hpp>
#include <quire/classify_fault.hpp>
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>
#include <quire/supports.hpp>

#include "support/catch/catch.hpp"
#include "support/conformance.hpp"
#include "support/page_units.hpp"

namespace quire::test {

namespace r = residency;
static_assert(std::is_same_v<native_allocator, macos_allocator>);

using memories =
    std::tuple<plain<macos_allocator>, plain<wasm_macos_allocator>, plain<purgeable_macos_allocator>,
               plain<checked_macos_allocator>, plain<macos_allocator::with_protection<protection::unguarded>>,
               plain<macos_allocator::with_page_size<in_units<4096>>>,
               plain<macos_allocator::with_residency<r::populated>>, plain<macos_allocator::with_residency<r::locked>>,
               plain<macos_allocator::with_residency<r::not_inherited>>, plain<with_images<macos_allocator>>>;

TEMPLATE_LIST_TEST_CASE("a macOS typedef passes every conformance case on macOS itself", "[conformance]", memories) {
  conform<TestType>();
}

TEST_CASE("macos: effective and the region's tag match what was requested", "[macos]") {
  wasm_macos_allocator a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  a.data()[0] = std::byte{1};
  const effective_t e = effective(a);
  CHECK(e.page_bytes == calls::mach::page_bytes());
  CHECK(e.inaccessible_after.value_or(0) >= 6 * chunk);
  calls::mach::memory_region seen{};
  REQUIRE(calls::mach::vm_region(a.data(), seen) == calls::mach::success);
  CHECK(seen.tag == tagging::vm_tag_webassembly);
}

TEST_CASE("macos: volatile contents that are reported intact are unchanged", "[macos]") {
  purgeable_macos_allocator a;
  REQUIRE(a.allocate(pages{2}, pages{2}).has_value());
  fill(a.bytes(), 0x41);
  REQUIRE(a.mark_purgeable(0, 2 * chunk, volatility::goes_first).has_value());
  const auto told = a.unmark_purgeable(0, 2 * chunk);
  REQUIRE(told.has_value());
  if (*told == purge_state::intact) CHECK(holds(a.bytes(), 0x41));
}

TEST_CASE("macos: several memories start from one image, and writes stay private", "[macos]") {
  using memory = with_images<macos_allocator>;
  const std::vector<std::byte> contents(2 * chunk, std::byte{0x42});
  const auto image = memory::image::from(contents);
  REQUIRE(image.has_value());
  memory one, two;
  REQUIRE(one.allocate_from(*image, chunk, pages{4}).has_value());
  REQUIRE(two.allocate_from(*image, chunk, pages{4}).has_value());
  CHECK(one.image_mode() == image_mode::mapped);
  one.data()[chunk] = std::byte{7};
  CHECK(two.data()[chunk] == std::byte{0x42});
  REQUIRE(one.reset(pages{4}).has_value());
  CHECK(one.data()[chunk] == std::byte{0x42});
}

TEST_CASE("macos: detection reports the page size, and unknown for what it cannot read", "[macos]") {
  const auto caps = detect();
  REQUIRE(caps.has_value());
  CHECK(caps->memory.page_bytes.value() == std::uint64_t{calls::mach::page_bytes()});
  CHECK(supports(memory_feature::placement) == false);
  CHECK(headroom().kind == limit_kind::unknown);

  macos_allocator a{limits{pages{std::uint64_t{1} << 33}}};
  const auto got = a.allocate(pages{0});
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::out_of_address_space);
}

}  // namespace quire::test
