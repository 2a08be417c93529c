// SPDX-License-Identifier: BSL-1.0
// Constructor arguments: limits, a store, and policies that hold data, in any order, matched by exact type.
#include <string_view>

#include <quire/all_of.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/not_inherited.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/page_units.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

template <std::size_t Bytes>
using over_buffer =
    page_allocator<in_buffer<Bytes>, protection::unguarded, tagging::untagged, page_size::native, placement::anywhere>;

TEST_CASE("constructor arguments in any order are matched by type", "[arguments]") {
  const placement::prefer here{.node = 7};
  const limits few{pages{3}};
  const numa_linux_allocator a{here, few}, b{few, here}, c{here};
  for (const auto* each : {&a, &b, &c}) {
    CHECK(each->requested().numa.mode == numa_mode::prefer);
    CHECK(each->requested().numa.node == 7);
  }
  numa_linux_allocator limited{placement::prefer{.node = 0}, few};
  CHECK(is_refused(limited.allocate(pages{4}), errc::limit_exceeded));
}

TEST_CASE("the constructor accepts policies without data", "[arguments]") {
  linux_allocator a{protection::guarded<>{}, fixed_limits<2>{}, residency::on_demand{}, backing::linux_mmap<>{}};
  CHECK(is_refused(a.allocate(pages{3}), errc::limit_exceeded));
  STATIC_REQUIRE(linux_allocator::takes<limits>);
  STATIC_REQUIRE(linux_allocator::takes<fixed_limits<4>>);
  STATIC_REQUIRE(linux_allocator::takes<protection::guarded<>>);
  STATIC_REQUIRE_FALSE(linux_allocator::takes<placement::prefer>);
  STATIC_REQUIRE_FALSE(linux_allocator::takes<basic_limits<4096>>);
  STATIC_REQUIRE_FALSE(linux_allocator::takes<int>);
}

TEST_CASE("a policy or store that holds data is a required constructor argument", "[arguments]") {
  STATIC_REQUIRE(std::is_default_constructible_v<linux_allocator>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<numa_linux_allocator>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<over_buffer<65536>>);
}

TEST_CASE("limits are counted in the unit of the allocator", "[arguments]") {
  using bytewise = linux_allocator::with_page_size<in_units<1>>;
  bytewise a{basic_limits<1>{basic_pages<1>{5000}}};
  CHECK(is_refused(a.allocate(basic_pages<1>{5001}), errc::limit_exceeded));
  REQUIRE(a.allocate(basic_pages<1>{1}).has_value());
  CHECK(a.capacity() == 5000);
  CHECK(a.size() == 1);
}

TEST_CASE("without limits the capacity is the smallest default of policies and store", "[arguments]") {
  linux_allocator usual;
  REQUIRE(usual.allocate(pages{0}).has_value());
  CHECK((usual.capacity() == 4_GiB && usual.limit() == 4_GiB));

  using small_index = linux_allocator::with_protection<protection::index_space<24, 16>>;
  small_index small;
  REQUIRE(small.allocate(pages{0}).has_value());
  CHECK((small.capacity() == 16_MiB && small.limit() == 16_MiB));
  small_index asked{limits{pages{100000}}};
  CHECK(is_refused(asked.allocate(pages{0}, pages{16_MiB / 65536 + 1}), errc::limit_exceeded));
  CHECK(asked.allocate(pages{0}, pages{16_MiB / 65536}).has_value());
  CHECK(asked.limit() == 16_MiB);

  constexpr std::size_t odd = 3 * 65536 + 100;
  static buffers<odd> memory;
  over_buffer<odd> fixed{in_buffer<odd>{&memory}};
  REQUIRE(fixed.allocate(pages{0}).has_value());
  CHECK(fixed.capacity() == 3 * 65536);
}

TEST_CASE("explicit limits allow more than 4 GiB and the default limits do not", "[arguments]") {
  if (const char* const reason = no_free_address_space()) return skip(reason);
  if constexpr (sizeof(void*) == 8) {
    linux_allocator a{limits{pages{1U << 20}}};  // 64 GiB: a 64-bit WebAssembly memory
    REQUIRE(a.allocate(pages{1}, pages{1U << 20}).has_value());
    CHECK(a.capacity() == 64_GiB);
    REQUIRE(a.grow(pages{100000}).has_value());
    a.data()[a.size() - 1] = std::byte{1};
    CHECK(a.data()[a.size() - 1] == std::byte{1});
    CHECK(is_refused(a.grow(pages{1U << 20}), errc::limit_exceeded));
    linux_allocator b;
    CHECK(is_refused(b.allocate(pages{1}, pages{65537}), errc::limit_exceeded));
  }
}

TEST_CASE("a with_ modifier changes one axis and leaves the others", "[arguments]") {
  using other = linux_allocator::with_placement<placement::bind>::with_protection<protection::guarded<1, 1>>;
  STATIC_REQUIRE(std::is_same_v<other::placement_type, placement::bind>);
  STATIC_REQUIRE(std::is_same_v<other::protection_type, protection::guarded<1, 1>>);
  STATIC_REQUIRE(std::is_same_v<other::backing_type, linux_allocator::backing_type>);
  STATIC_REQUIRE(std::is_same_v<other::with_placement<placement::anywhere>::with_protection<protection::guarded<>>,
                                linux_allocator>);
  using residence = all_of<residency::excluded_from_dumps, residency::not_inherited>;
  STATIC_REQUIRE(std::is_same_v<linux_allocator::with_residency<residence>::residency_type, residence>);
  STATIC_REQUIRE(std::is_same_v<linux_allocator::with_page_size<in_units<4096>>::pages, basic_pages<4096>>);
  STATIC_REQUIRE(std::is_same_v<linux_allocator::with_tagging<tagging::untagged>, linux_allocator>);
  STATIC_REQUIRE(std::is_same_v<linux_allocator::with_backing<remapping<backing::linux_mmap<>>>::backing_type,
                                remapping<backing::linux_mmap<>>>);
}

TEST_CASE("all_of makes the requests of every policy that it joins", "[arguments]") {
  const all_of both{residency::excluded_from_dumps{}, residency::not_inherited{}};
  attributes a;
  both.request(a);
  CHECK(a.excluded_from_dumps);
  CHECK(a.inheritance == inheritance::excluded);
  CHECK_FALSE(a.locked);
  const attributes nothing;
  CHECK_FALSE(demands_of(nothing).has<capability::dump_exclusion>());
  CHECK(demands_of(a).has<capability::dump_exclusion>());
  CHECK(demands_of(a).has<capability::fork_exclusion>());
}

/// A policy whose name is data of the object.
struct named_at_run_time {
  using axis = axes::tagging;
  char text[16] = "a name";
  constexpr void request(attributes& a) const noexcept { a.mapping_name = text; }
};

TEST_CASE("a policy may request a name that lies in its own data", "[arguments]") {
  const linux_allocator::with_tagging<named_at_run_time> a{named_at_run_time{"another name"}};
  CHECK(std::string_view(a.requested().mapping_name.get()) == "another name");
  CHECK(demands_of(a.requested()).has<capability::naming>());
}

}  // namespace
}  // namespace quire::test
