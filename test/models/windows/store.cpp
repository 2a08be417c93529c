// SPDX-License-Identifier: BSL-1.0
// The calls that the Windows store makes, the errors that it reports, and the effect of each request.
#include <string_view>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/composable.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/memory_partition.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/local.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/purgeable.hpp>

#include "conformance/common.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/recording_calls.hpp"

namespace quire::test {
namespace {

using w = windows_model;
using store = backing::windows_virtual<w>;
using memory = windows_over<w>;
using purgeable_memory = memory::with_residency<residency::purgeable<>>;
using journal = recorder<w>;
using recorded = windows_over<watched_windows_calls<w, journal>>;

template <class L, class R = residency::on_demand>
inline constexpr bool fits = composable<store, protection::guarded<>, tagging::untagged, page_size::native, L, R>;
static_assert(fits<placement::prefer> && fits<placement::anywhere, residency::locked>);
static_assert(!fits<placement::bind> && !fits<placement::local> &&
              !fits<placement::anywhere, residency::not_inherited>);
static_assert(memory::contract.success_is_memory && memory::contract.failure_is_error && memory::contract.exact_bound);

std::vector<std::string_view> names_of(const std::vector<made_call>& calls) {
  std::vector<std::string_view> names;
  for (const auto& c : calls) names.push_back(name(c.what));
  return names;
}
using names = std::vector<std::string_view>;

}  // namespace

TEST_CASE("windows: allocation and release take three calls, and growth takes one") {
  recorded a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  CHECK(names_of(journal::take()) == names{"VirtualAlloc", "VirtualAlloc"});
  REQUIRE(a.grow(pages{1}).has_value());
  const auto grown = journal::take();
  REQUIRE(grown.size() == 1);
  CHECK(grown[0] == made_call{call::virtual_alloc, a.data() + 2 * 65536, 65536, w::page_read_write, w::mem_commit});
  REQUIRE(a.shrink(pages{1}).has_value());
  CHECK(names_of(journal::take()) == names{"VirtualFree"});
  REQUIRE(a.reset(pages{2}).has_value());
  CHECK(names_of(journal::take()) == names{"VirtualFree", "VirtualAlloc"});
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(names_of(journal::take()) == names{"VirtualFree"});
}

TEST_CASE("windows: if commitment is exhausted, growth fails and explain names the commit limit") {
  w::machine.commit_limit = 4 * 65536;
  {
    memory a;
    REQUIRE(a.allocate(pages{3}, pages{8}).has_value());
    CHECK(w::committed_bytes() == 3 * 65536);
    const auto got = a.grow(pages{2});
    REQUIRE(!got.has_value());
    CHECK(got.error() == error{errc::out_of_memory, step::commit, w::commitment_limit});
    const explanation why = explain(got.error(), a, 2 * 65536);
    CHECK((why.kind == limit_kind::configured && why.owner == "commit limit"));
    CHECK((why.used == 3 * 65536 && why.limit == 4 * 65536));
    CHECK(a.grow(pages{1}).has_value());
  }
  CHECK(w::committed_bytes() == 0);
  w::machine = {};
}

TEST_CASE("windows: a reservation above the address space is refused, and explain says so") {
  memory a{memory::limits{pages{std::uint64_t{1} << 33}}};
  const auto got = a.allocate(pages{0});
  REQUIRE(!got.has_value());
  CHECK(got.error() == error{errc::out_of_address_space, step::reserve, w::invalid_parameter});
  CHECK(explain(got.error(), a, std::size_t{1} << 49).kind == limit_kind::address_space);
}

TEST_CASE("windows: locked memory counts against the minimum working set") {
  using locked = memory::with_residency<residency::locked>;
  locked a;
  const auto got = a.allocate(pages{8}, pages{8});
  REQUIRE(!got.has_value());
  CHECK(got.error() == error{errc::out_of_memory, step::lock, w::working_set_quota});
  const explanation why = explain(got.error(), a, 8 * 65536);
  CHECK((why.kind == limit_kind::configured && why.limit == w::machine.minimum_working_set));
  CHECK(w::reserved_bytes() == 0);

  w::machine.minimum_working_set = std::size_t{1} << 20;
  REQUIRE(a.allocate(pages{8}, pages{8}).has_value());
  CHECK((w::locked_bytes() == 8 * 65536 && effective(a).locked == true));
  REQUIRE(a.protect(0, 65536, access::none).has_value());
  CHECK((w::locked_bytes() == 7 * 65536 && effective(a).locked == false));
  REQUIRE(a.protect(0, 65536, access::read).has_value());
  CHECK(w::locked_bytes() == 8 * 65536);
  REQUIRE(a.discard(0, 2 * 65536).has_value());
  CHECK(w::locked_bytes() == 8 * 65536);
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  w::machine = {};
}

TEST_CASE("windows: memory of a locked partition is locked again when protect opens it") {
  w::machine.minimum_working_set = std::size_t{1} << 20;
  memory_partition<store> p;
  REQUIRE(p.open({.maximum = 1 << 20, .locked = true}).has_value());
  with_partition<memory> a{backing::partitioned{p}};
  REQUIRE(a.allocate(pages{4}, pages{8}).has_value());
  REQUIRE(a.protect(0, 65536, access::none).has_value());
  CHECK(w::locked_bytes() == 3 * 65536);
  REQUIRE(a.protect(0, 65536, access::read_write).has_value());
  CHECK(w::locked_bytes() == 4 * 65536);
  w::machine = {};
}

TEST_CASE("windows: effective reports pages, guards and nodes") {
  using on_node = memory::with_placement<placement::prefer>;
  on_node a{placement::prefer{.node = 1}};
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  effective_t e = effective(a);
  CHECK((e.resident_bytes == 0 && e.page_bytes == 4096 && e.locked == false && !e.nodes));
  CHECK((e.inaccessible_before == 65536 && e.inaccessible_after == 6 * 65536 + 65536));
  a.data()[5000] = std::byte{1};
  e = effective(a);
  CHECK((e.resident_bytes == 4096 && e.nodes == node_set{1}));
  on_node absent{placement::prefer{.node = 2}};
  const auto got = absent.allocate(pages{1}, pages{1});
  REQUIRE(!got.has_value());
  CHECK(got.error() == error{errc::not_supported, step::reserve, w::not_supported});
  CHECK(explain(got.error(), absent).owner == "this machine: a node is absent");
}

TEST_CASE("windows: populated pages are resident after allocate") {
  memory::with_residency<residency::populated> a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  CHECK(effective(a).resident_bytes == 2 * 65536);
}

TEST_CASE("windows: purgeable memory returns unchanged or as zeros, and reports which") {
  purgeable_memory a;
  REQUIRE(a.allocate(pages{4}, pages{8}).has_value());
  fill(a.bytes(), 0x41);
  REQUIRE(a.mark_purgeable(0, 2 * 65536, volatility::goes_first).has_value());
  REQUIRE(a.mark_purgeable(2 * 65536, 65536, volatility::goes_last).has_value());
  CHECK(a.unmark_purgeable(0, 65536) == purge_state::intact);
  w::take_offered(w::offer_low);
  CHECK(a.unmark_purgeable(0, 4 * 65536) == purge_state::purged);
  CHECK(holds(a.bytes().first(65536), 0x41));
  CHECK(all_zero(a.bytes().subspan(65536, 65536)));
  CHECK(holds(a.bytes().subspan(2 * 65536), 0x41));
  fill(a.bytes(), 0x42);
  CHECK(a.unmark_purgeable(0, 4 * 65536) == purge_state::intact);

  REQUIRE(a.mark_purgeable(0, 4 * 65536, volatility::normal).has_value());
  REQUIRE(a.reset(pages{3}).has_value());
  CHECK(all_zero(a.bytes()));
  CHECK(is_refused(a.mark_purgeable(1, 65536, volatility::normal), errc::invalid_argument));
  CHECK(is_refused(a.mark_purgeable(0, 5 * 65536, volatility::normal), errc::out_of_range));
}

TEST_CASE("windows: a memory over windows_virtual copies its image") {
  using start = image<store>;
  using imaged_memory = memory::with_backing<backing::imaged<store>>;
  static_assert(!image_store<store>);
  const std::byte bytes[5000]{std::byte{3}};
  const auto contents = start::from(bytes);
  REQUIRE(contents.has_value());
  imaged_memory a;
  REQUIRE(a.allocate_from(*contents, 65536, pages{2}, pages{4}).has_value());
  CHECK(effective(a).image == image_mode::copied);
  CHECK((a.data()[65536] == std::byte{3} && all_zero(a.bytes().first(65536))));
  fill(a.bytes(), 0x61);
  REQUIRE(a.reset(pages{3}).has_value());
  CHECK((a.data()[65536] == std::byte{3} && all_zero(a.bytes().subspan(2 * 65536))));
  imaged_memory::with_residency<residency::populated> populated;
  REQUIRE(populated.allocate_from(*contents, 0, pages{1}).has_value());
  CHECK(populated.data()[0] == std::byte{3});
}

TEST_CASE("windows: each native code maps to the likeliest error of its step") {
  const auto code = [](step at, int native) { return store::code_of(at, native); };
  for (const step at : {step::reserve, step::commit, step::protect, step::lock, step::release}) {
    CHECK(code(at, w::access_denied) == errc::not_permitted);
    CHECK(code(at, w::privilege_not_held) == errc::not_permitted);
    CHECK(code(at, w::procedure_not_found) == errc::not_supported);
    CHECK(code(at, 1) == errc::system);
  }
  for (const int shortage : {w::not_enough_memory, w::out_of_memory, w::no_system_resources, w::pagefile_quota,
                             w::working_set_quota, w::commitment_limit}) {
    CHECK(code(step::reserve, shortage) == errc::out_of_address_space);
    CHECK(code(step::commit, shortage) == errc::out_of_memory);
    CHECK(code(step::protect, shortage) == errc::out_of_memory);
  }
  CHECK(code(step::reserve, w::invalid_parameter) == errc::out_of_address_space);
  CHECK(code(step::release, w::invalid_parameter) == errc::system);
}

}  // namespace quire::test
