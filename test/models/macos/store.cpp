// SPDX-License-Identifier: BSL-1.0
// The calls that the Mach store makes, the errors that it reports, and the effect of each request.
#include <string_view>
#include <vector>

#include <quire/composable.hpp>
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/headroom.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/residency/excluded_from_dumps.hpp>

#include "conformance/common.hpp"
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/recording_calls.hpp"

namespace quire::test {
namespace {

using k = mach_model;
using store = backing::mach_vm<k>;
using journal = recorder<k>;
using recorded = macos_over<watched_mach_calls<k, journal>>;
using purgeable_memory = modelled::with_residency<residency::purgeable<>>;
constexpr int data = k::prot_read | k::prot_write;

template <class L, class R = residency::on_demand>
inline constexpr bool fits = composable<store, protection::guarded<>, tagging::untagged, page_size::native, L, R>;
static_assert(fits<placement::anywhere, residency::locked> && fits<placement::anywhere, residency::not_inherited>);
static_assert(!fits<placement::prefer> && !fits<placement::local>);
static_assert(!fits<placement::anywhere, residency::excluded_from_dumps>);
static_assert(!fits<placement::anywhere, residency::purgeable<4096>>);  // smaller than the page of some machines
static_assert(image_store<store> && !executable_store<store>);
static_assert(modelled::contract.exact_bound && !modelled::contract.success_is_memory);

using names = std::vector<std::string_view>;
names made() {
  names all;
  for (const auto& c : journal::take()) all.push_back(name(c.what));
  return all;
}

k::memory_region region_at(const std::byte* p) {
  k::memory_region seen{};
  REQUIRE(k::vm_region(p, seen) == k::success);
  return seen;
}

}  // namespace

TEST_CASE("macos: allocation and release take three calls, and growth takes one", "[macos]") {
  recorded a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  CHECK(made() == names{"mach_vm_map", "mach_vm_protect"});
  REQUIRE(a.grow(pages{1}).has_value());
  const auto grown = journal::take();
  REQUIRE(grown.size() == 1);
  CHECK(grown[0] == made_call{call::vm_protect, a.data() + 2 * chunk, chunk, data});
  REQUIRE(a.shrink(pages{1}).has_value());
  const auto shrunk = journal::take();
  REQUIRE(shrunk.size() == 1);
  CHECK(shrunk[0] == made_call{call::vm_map, a.data() + 2 * chunk, chunk, k::prot_none, k::overwrite});
  REQUIRE(a.reset(pages{2}).has_value());
  CHECK(made() == names{"mach_vm_map", "mach_vm_protect"});
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(made() == names{"mach_vm_deallocate"});
}

TEST_CASE("macos: reserving with an aligned base takes one call", "[macos]") {
  recorded::with_residency<residency::purgeable<>> a;
  REQUIRE(a.allocate(pages{0}, pages{8}).has_value());
  CHECK(made() == names{"mach_vm_map"});
}

TEST_CASE("macos: no page can ever become executable", "[macos]") {
  modelled a;
  REQUIRE(a.allocate(pages{1}, pages{2}).has_value());
  CHECK(region_at(a.data()).maximum == data);
  CHECK(region_at(a.data() + chunk).maximum == data);
  REQUIRE(a.discard(0, chunk).has_value());
  CHECK(region_at(a.data()).maximum == data);
  CHECK(is_refused(a.protect(0, chunk, access::read_execute), errc::not_supported));
}

TEST_CASE("macos: a VM tag survives every operation that maps pages again", "[macos]") {
  modelled::with_tagging<tagging::vm_tag<241>>::with_residency<residency::purgeable<>> a;
  REQUIRE(a.allocate(pages{4}, pages{8}).has_value());
  REQUIRE(a.discard(chunk, chunk).has_value());
  REQUIRE(a.shrink(pages{1}).has_value());
  REQUIRE(a.grow(pages{2}).has_value());
  REQUIRE(a.reset(pages{6}).has_value());
  for (std::size_t at = 0; at < a.capacity(); at += chunk) CHECK(region_at(a.data() + at).tag == 241);
}

TEST_CASE("macos: each granule of purgeable memory is an object of its own", "[macos]") {
  purgeable_memory a;
  REQUIRE(a.allocate(pages{4}, pages{8}).has_value());
  fill(a.bytes(), 0x41);
  REQUIRE(a.mark_purgeable(0, 2 * chunk, volatility::goes_last).has_value());
  REQUIRE(a.mark_purgeable(2 * chunk, chunk, volatility::goes_first).has_value());
  k::purge(1);
  CHECK(a.unmark_purgeable(0, 2 * chunk) == purge_state::intact);
  CHECK(a.unmark_purgeable(2 * chunk, chunk) == purge_state::purged);
  CHECK(all_zero(a.bytes().subspan(2 * chunk, chunk)));
  CHECK((holds(a.bytes().first(2 * chunk), 0x41) && holds(a.bytes().last(chunk), 0x41)));

  REQUIRE(a.mark_purgeable(0, 4 * chunk, volatility::normal).has_value());
  REQUIRE(a.shrink(pages{1}).has_value());
  REQUIRE(a.grow(pages{1}).has_value());
  REQUIRE(a.discard(0, chunk).has_value());
  fill(a.bytes().last(chunk), 0x42);
  fill(a.bytes().first(chunk), 0x42);
  k::purge();
  // Grow and discard made both granules nonvolatile.
  CHECK((holds(a.bytes().last(chunk), 0x42) && holds(a.bytes().first(chunk), 0x42)));
  CHECK(a.unmark_purgeable(chunk, 2 * chunk) == purge_state::purged);
  REQUIRE(a.protect(0, chunk, access::read).has_value());
  CHECK(a.mark_purgeable(0, chunk, volatility::normal).error().code == errc::not_permitted);
  CHECK(is_refused(a.mark_purgeable(1, chunk, volatility::normal), errc::invalid_argument));
  CHECK(is_refused(a.mark_purgeable(0, 5 * chunk, volatility::normal), errc::out_of_range));
}

TEST_CASE("macos: effective reports pages, guards, locks and inheritance", "[macos]") {
  modelled::with_residency<all_of<residency::locked, residency::not_inherited>> a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  const effective_t e = effective(a);
  CHECK((e.page_bytes == k::page_bytes() && e.locked == true && e.not_inherited == true));
  CHECK((e.inaccessible_before == chunk && e.inaccessible_after == 7 * chunk));
  REQUIRE(a.discard(0, chunk).has_value());
  CHECK((effective(a).locked == true && effective(a).not_inherited == true));
  REQUIRE(a.reset(pages{3}).has_value());
  CHECK((effective(a).locked == true && effective(a).not_inherited == true));
  REQUIRE(a.shrink(pages{1}).has_value());
  REQUIRE(a.grow(pages{2}).has_value());
  CHECK((effective(a).locked == true && effective(a).not_inherited == true));

  modelled::with_residency<all_of<residency::purgeable<>, residency::not_inherited>> b;
  REQUIRE(b.allocate(pages{2}, pages{4}).has_value());
  REQUIRE(b.grow(pages{1}).has_value());
  REQUIRE(b.discard(0, chunk).has_value());
  CHECK(effective(b).not_inherited == true);
}

TEST_CASE("macos: detection reports pages and limits, and unknown for the rest", "[macos]") {
  k::now.largest_mapping = 1_GiB;
  const auto caps = detect<k>();
  k::now.largest_mapping = ~std::size_t{0};
  REQUIRE(caps.has_value());
  CHECK(caps->memory.page_bytes.value() == std::uint64_t{k::page_bytes()});
  CHECK(caps->memory.page_bytes.source() == "vm_page_size");
  CHECK(caps->limits.address_space.limit.value() == std::uint64_t{1_GiB});
  CHECK_FALSE(caps->memory.total.known());
  CHECK(headroom<modelled>().kind == limit_kind::unknown);
}

TEST_CASE("macos: explain names RLIMIT_AS and RLIMIT_MEMLOCK when they are exhausted", "[macos]") {
  k::now.largest_mapping = 1_GiB;
  modelled a;
  const auto got = a.allocate(pages{1}, pages{1 << 15});
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error() == error{errc::out_of_address_space, step::reserve, k::no_space});
  const explanation why = explain(got.error(), a, 2_GiB);
  CHECK((why.kind == limit_kind::configured && why.owner == "RLIMIT_AS" && why.limit == 1_GiB));
  k::now.largest_mapping = ~std::size_t{0};

  k::now.wire_limit = k::now.wired + chunk;
  modelled::with_residency<residency::locked> locked;
  const auto too_much = locked.allocate(pages{2}, pages{2});
  REQUIRE_FALSE(too_much.has_value());
  CHECK(too_much.error() == error{errc::out_of_memory, step::lock, k::unix_again});
  CHECK(explain(too_much.error(), locked, 2 * chunk).owner == "RLIMIT_MEMLOCK");
  k::now.wire_limit = ~std::size_t{0};
}

TEST_CASE("macos: each native code maps to the likeliest error of its step", "[macos]") {
  for (const step at : {step::reserve, step::commit, step::protect, step::lock, step::discard, step::release}) {
    for (const int refused : {k::protection_failure, k::no_access, k::codesign_error, k::denied, k::unix_forbidden})
      CHECK(store::code_of(at, refused) == errc::not_permitted);
    for (const int short_of : {k::resource_shortage, k::unix_no_memory, k::unix_again})
      CHECK(store::code_of(at, short_of) == errc::out_of_memory);
    CHECK(store::code_of(at, k::no_space) == errc::out_of_address_space);
    CHECK(store::code_of(at, k::not_supported) == errc::not_supported);
    CHECK(store::code_of(at, k::unix_invalid) == errc::not_supported);
    CHECK(store::code_of(at, k::failure) == errc::system);
    CHECK(store::code_of(at, k::invalid_address) == errc::system);
  }
  CHECK(store::code_of(step::reserve, k::invalid_argument) == errc::not_supported);
  CHECK(store::code_of(step::release, k::invalid_argument) == errc::system);
}

}  // namespace quire::test
