// SPDX-License-Identifier: BSL-1.0
// Memories on Mach that start from an image: mapped copy-on-write unless the mapping would lose a property; then
// copied.
#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include <quire/image.hpp>

#include "conformance/common.hpp"
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"

namespace quire::test {
namespace {

namespace r = residency;
using k = mach_model;
using plain_memory = with_images<modelled>;
using watched = watched_mach_calls<mach_model, failure_injector<mach_model>>;
using failing = with_images<macos_over<watched>>;
using journal = watched::watcher;

std::vector<std::byte> pattern(std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  for (std::size_t i = 0; i != bytes; ++i) made[i] = static_cast<std::byte>(i * 37 >> 3 | 1);
  return made;
}

/// Whether `bytes` are zero apart from the contents at `offset`.
bool starts_with(std::span<const std::byte> bytes, const std::vector<std::byte>& contents, std::size_t offset) {
  return all_zero(bytes.first(offset)) && std::ranges::equal(contents, bytes.subspan(offset, contents.size())) &&
         all_zero(bytes.subspan(offset + contents.size()));
}

template <class A>
typename A::image image_of(const std::vector<std::byte>& contents) {
  auto made = A::image::from(contents);
  REQUIRE(made.has_value());
  return std::move(*made);
}

k::memory_region region_at(const std::byte* p) {
  k::memory_region seen{};
  REQUIRE(k::vm_region(p, seen) == k::success);
  return seen;
}

constexpr int every_code[] = {
    k::invalid_address,   k::protection_failure, k::no_space,      k::invalid_argument, k::failure,
    k::resource_shortage, k::no_access,          k::not_supported, k::codesign_error,   k::denied};

/// Calls `attempt` with each of its calls failing in turn, with each code, until it reports that no call has failed.
template <class F>
void with_each_failure(F attempt) {
  for (const int code : every_code) {
    std::size_t at = 0;
    for (bool failed = true; failed; ++at) {
      INFO("call " << at << " with " << code);
      failed = attempt(at, code);
    }
    CHECK(at > 1);
  }
}

}  // namespace

using mapping = std::tuple<plain_memory, plain_memory::with_residency<r::populated>,
                           plain_memory::with_residency<r::not_inherited>, plain_memory::with_residency<r::locked>>;
using copying =
    std::tuple<plain_memory::with_residency<r::purgeable<>>, plain_memory::with_tagging<tagging::vm_tag<250>>>;

template <class A>
void start_grow_reset(image_mode how) {
  const auto contents = pattern(2 * chunk + 777);
  const auto image = image_of<A>(contents);
  A a;
  const std::size_t offset = chunk;
  REQUIRE(a.allocate_from(image, offset, pages{4}, pages{8}).has_value());
  CHECK(a.image_mode() == how);
  CHECK(starts_with(a.bytes(), contents, offset));
  const auto here = region_at(a.data() + offset);
  CHECK(here.inheritance == (a.requested().inheritance == inheritance::excluded ? k::inherit_none : k::inherit_copy));
  CHECK((here.wired != 0) == a.requested().locked);
  CHECK(here.tag == a.requested().vm_tag);

  fill(a.bytes(), 0x55);
  A another;
  REQUIRE(another.allocate_from(image, offset, pages{4}).has_value());
  CHECK(starts_with(another.bytes(), contents, offset));

  REQUIRE(a.protect(offset, chunk, access::read).has_value());
  REQUIRE(a.reset(pages{4}).has_value());
  CHECK(starts_with(a.bytes(), contents, offset));
  CHECK(region_at(a.data() + offset).inheritance == here.inheritance);
  CHECK((region_at(a.data() + offset).wired != 0) == a.requested().locked);
  REQUIRE(a.protect(offset, a.granularity(), access::read).has_value());
  REQUIRE(a.discard(offset, chunk).has_value());
  CHECK(all_zero(a.bytes().subspan(offset, chunk)));
  CHECK(region_at(a.data() + offset).current == k::prot_read);  // the access is unchanged
  REQUIRE(a.reset(pages{4}).has_value());
  CHECK(starts_with(a.bytes(), contents, offset));
  REQUIRE(a.discard(offset, chunk).has_value());
  REQUIRE(a.shrink(pages{2}).has_value());
  REQUIRE(a.grow(pages{4}).has_value());
  CHECK(all_zero(a.bytes().subspan(offset)));
}

TEMPLATE_LIST_TEST_CASE("macos: a memory that allows a copy-on-write mapping maps its image", "[images]", mapping) {
  start_grow_reset<TestType>(image_mode::mapped);
}

TEMPLATE_LIST_TEST_CASE("macos: a memory that would lose a property by a mapping copies its image", "[images]",
                        copying) {
  start_grow_reset<TestType>(image_mode::copied);
}

TEST_CASE("macos: pages that start from an image can be purged like all others", "[images]") {
  using memory = plain_memory::with_residency<r::purgeable<>>;
  const auto contents = pattern(2 * chunk);
  const auto image = image_of<memory>(contents);
  memory a;
  REQUIRE(a.allocate_from(image, 0, pages{3}).has_value());
  REQUIRE(a.mark_purgeable(0, 3 * chunk, volatility::normal).has_value());
  k::purge(1);
  CHECK(a.unmark_purgeable(0, chunk) == purge_state::purged);
  CHECK(all_zero(a.bytes().first(chunk)));
  CHECK(a.unmark_purgeable(chunk, 2 * chunk) == purge_state::intact);
  CHECK(std::ranges::equal(a.bytes().subspan(chunk, chunk), std::span(contents).subspan(chunk)));
}

TEST_CASE("macos: a failure to make an image leaves no mapping behind", "[images][fault]") {
  const auto contents = pattern(chunk + 1);
  with_each_failure([&](std::size_t at, int code) {
    journal::forget();
    journal::arm({at, {code}});
    const auto made = failing::image::from(contents);
    journal::disarm();
    if (journal::failed.empty()) return false;
    CHECK(made.error().native == code);
    CHECK(journal::mapped.all().empty());
    return true;
  });
}

TEST_CASE("macos: a failed allocation from an image leaves the memory vacant", "[images][fault]") {
  const auto contents = pattern(chunk + 1);
  journal::forget();
  const auto image = image_of<failing>(contents);
  const auto only_image = journal::mapped.all();
  with_each_failure([&](std::size_t at, int code) {
    failing a;
    journal::arm({at, {code}});
    const auto got = a.allocate_from(image, 0, pages{2}, pages{4});
    journal::disarm();
    if (journal::failed.empty()) return false;
    CHECK(got.error().native == code);
    CHECK((a.data() == nullptr && journal::mapped.all() == only_image));
    REQUIRE(a.allocate_from(image, 0, pages{2}, pages{4}).has_value());
    CHECK(starts_with(a.bytes(), contents, 0));
    return true;
  });
}

/// A failure of one of the first `harmless` calls changes nothing.
template <class F>
void breaks_when_it_fails(std::size_t harmless, F run) {
  const auto contents = pattern(2 * chunk);
  journal::forget();
  const auto image = image_of<failing>(contents);
  const auto only_image = journal::mapped.all();
  with_each_failure([&](std::size_t at, int code) {
    failing a;
    REQUIRE(a.allocate_from(image, chunk, pages{4}, pages{8}).has_value());
    fill(a.bytes(), 0x33);
    journal::arm({at, {code}});
    const result<void> got = run(a);
    journal::disarm();
    if (journal::failed.empty()) return false;
    CHECK(got.error().native == code);
    if (at < harmless) {
      CHECK((a.size() == 4 * chunk && holds(a.bytes(), 0x33)));
      REQUIRE(run(a).has_value());
    } else {
      CHECK(a.grow(pages{0}).error().code == errc::broken);
    }
    REQUIRE(a.deallocate(a.data(), a.size()).has_value());
    CHECK(journal::mapped.all() == only_image);
    REQUIRE(a.allocate_from(image, chunk, pages{4}).has_value());
    CHECK(starts_with(a.bytes(), contents, chunk));
    return true;
  });
}

TEST_CASE("macos: an operation that fails after it has removed an image leaves only deallocate", "[images][fault]") {
  SECTION("reset") {
    breaks_when_it_fails(1, [](failing& a) { return a.reset(pages{4}); });
  }
  SECTION("discard") {
    breaks_when_it_fails(2, [](failing& a) { return a.discard(0, 4 * chunk); });
  }
  SECTION("shrink") {
    breaks_when_it_fails(1, [](failing& a) -> result<void> {
      const auto got = a.shrink(pages{3});
      return got ? result<void>{} : std::unexpected(got.error());
    });
  }
}

}  // namespace quire::test
