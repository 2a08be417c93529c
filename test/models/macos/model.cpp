// SPDX-License-Identifier: BSL-1.0
// The model refuses what xnu refuses, with the same code.
#include <quire/units.hpp>

#include "models/macos/model/model.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

using k = mach_model;
constexpr int data = k::prot_read | k::prot_write;

/// Four pages without access.
struct four_pages {
  std::size_t page = k::page_bytes();
  std::byte* p = static_cast<std::byte*>(
      k::vm_map(nullptr, 4 * page, 0, k::anywhere, k::prot_none, data, k::inherit_copy).address);
  ~four_pages() {
    for (std::size_t i = 0; i < 4; ++i) (void)k::vm_deallocate(p + i * page, page);  // a test may have unmapped some
  }
};

TEST_CASE("mach: vm_map refuses what xnu refuses, with its code", "[mach]") {
  const four_pages m;
  const auto map = [&](void* p, std::size_t bytes, std::size_t mask, int flags, int now, int most, int inherit) {
    return k::vm_map(p, bytes, mask, flags, now, most, inherit).error;
  };
  CHECK(map(nullptr, 0, 0, k::anywhere, data, data, k::inherit_copy) == k::invalid_argument);
  CHECK(map(nullptr, m.page, 5, k::anywhere, data, data, k::inherit_copy) == k::invalid_argument);
  CHECK(map(nullptr, m.page, 0, k::anywhere | 0x800, data, data, k::inherit_copy) == k::invalid_argument);
  CHECK(map(nullptr, m.page, 0, k::anywhere, data, k::prot_read, k::inherit_copy) == k::invalid_argument);
  CHECK(map(nullptr, m.page, 0, k::anywhere, data, data, 7) == k::invalid_argument);
  CHECK(map(nullptr, std::size_t{1} << 32, 0, k::anywhere | k::purgeable, data, data, 1) == k::invalid_argument);
  CHECK(map(nullptr, std::size_t{1} << 62, 0, k::anywhere, data, data, k::inherit_copy) == k::no_space);
  CHECK(map(m.p, m.page, 0, k::fixed, data, data, k::inherit_copy) == k::no_space);  // the place is occupied
  CHECK(map(m.p + m.page, m.page, 8 * m.page - 1, k::fixed | k::overwrite, data, data, 1) ==
        (reinterpret_cast<std::uintptr_t>(m.p + m.page) % (8 * m.page) == 0 ? k::success : k::no_space));
}

TEST_CASE("mach: vm_map aligns the base as its mask requests", "[mach]") {
  const auto got = k::vm_map(nullptr, k::page_bytes(), 2_MiB - 1, k::anywhere, data, data, k::inherit_copy);
  REQUIRE(got.error == k::success);
  CHECK(reinterpret_cast<std::uintptr_t>(got.address) % 2_MiB == 0);
  CHECK(k::vm_deallocate(got.address, k::page_bytes()) == k::success);
  CHECK(k::vm_deallocate(got.address, k::page_bytes()) == k::invalid_argument);
}

TEST_CASE("mach: vm_protect never exceeds the maximum protection, and fails as a whole", "[mach]") {
  const four_pages m;
  REQUIRE(k::vm_map(m.p + m.page, m.page, 0, k::overwrite, k::prot_read, k::prot_read, k::inherit_copy).error == 0);
  CHECK(k::vm_protect(m.p, 2 * m.page, data) == k::protection_failure);
  k::memory_region seen{};
  CHECK(k::vm_region(m.p, seen) == 0);
  CHECK((seen.base == m.p && seen.bytes == m.page && seen.current == k::prot_none));
  CHECK(k::vm_protect(m.p, m.page, data | 4) == k::protection_failure);
  CHECK(k::vm_protect(m.p, m.page, 16) == k::invalid_argument);
  CHECK(k::vm_protect(m.p, 0, data) == k::success);
  CHECK(k::vm_deallocate(m.p + 2 * m.page, m.page) == k::success);
  CHECK(k::vm_protect(m.p, 4 * m.page, k::prot_none) == k::invalid_address);  // the range has a hole
}

TEST_CASE("mach: all addresses of a purgeable object share one state", "[mach]") {
  const four_pages m;
  int state = k::volatile_state;
  CHECK(k::vm_purgable_control(m.p, k::set_state, state) == k::protection_failure);
  REQUIRE(k::vm_protect(m.p, m.page, data) == 0);
  CHECK(k::vm_purgable_control(m.p, k::set_state, state) == k::invalid_argument);  // the object is not purgeable
  REQUIRE(k::vm_map(m.p, 2 * m.page, 0, k::overwrite | k::purgeable, data, data, k::inherit_copy).error == 0);
  m.p[0] = m.p[m.page] = std::byte{7};
  CHECK(k::vm_purgable_control(m.p + m.page, k::set_state, state) == 0);  // any address within the object works
  CHECK(state == k::nonvolatile_state);
  k::purge();
  state = k::volatile_state;
  CHECK(k::vm_purgable_control(m.p, k::set_state, state) == 0);
  CHECK(state == k::empty_state);  // an empty object stays empty
  state = k::nonvolatile_state;
  CHECK(k::vm_purgable_control(m.p, k::set_state, state) == 0);
  CHECK(state == k::empty_state);
  CHECK((m.p[0] == std::byte{} && m.p[m.page] == std::byte{}));
  state = 3;
  CHECK(k::vm_purgable_control(m.p, k::set_state, state) == k::invalid_argument);
  state = 1 << 20;
  CHECK(k::vm_purgable_control(m.p, k::set_state, state) == k::invalid_argument);
}

TEST_CASE("mach: a remapped copy has the access and tag of its source, and its own contents", "[mach]") {
  const four_pages m;
  const int tagged = static_cast<int>(250U << k::tag_shift);
  REQUIRE(k::vm_map(m.p, m.page, 0, k::overwrite | tagged, data, data, k::inherit_copy).error == 0);
  m.p[0] = std::byte{9};
  REQUIRE(k::vm_protect(m.p, m.page, k::prot_read) == 0);
  REQUIRE(k::vm_remap_copy(m.p + m.page, m.page, m.p, k::inherit_none) == 0);
  k::memory_region seen{};
  REQUIRE(k::vm_region(m.p + m.page, seen) == 0);
  CHECK((seen.current == k::prot_read && seen.maximum == data && seen.tag == 250 && seen.wired == 0));
  CHECK(seen.inheritance == k::inherit_none);
  REQUIRE(k::vm_protect(m.p + m.page, m.page, data) == 0);
  m.p[m.page] = std::byte{8};
  CHECK(m.p[0] == std::byte{9});
}

TEST_CASE("mach: mlock respects the wire limit, and unmapping unwires", "[mach]") {
  const four_pages m;
  REQUIRE(k::vm_protect(m.p, 4 * m.page, data) == 0);
  k::now.wire_limit = k::now.wired + m.page;
  CHECK(k::mlock(m.p, 2 * m.page) == k::unix_again);
  CHECK(k::mlock(m.p, m.page) == 0);
  CHECK(k::mlock(m.p + m.page, m.page) == k::unix_again);
  CHECK(k::vm_map(m.p, m.page, 0, k::overwrite, data, data, k::inherit_copy).error == 0);
  CHECK(k::mlock(m.p + m.page, m.page) == 0);
  k::now.wire_limit = ~std::size_t{0};
}

}  // namespace
}  // namespace quire::test
