// SPDX-License-Identifier: BSL-1.0
// The model of Windows refuses what Windows refuses, with the same code, and then changes nothing.
#include "models/windows/model/model.hpp"

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

using w = windows_model;
constexpr std::size_t page = 4096, granule = w::allocation_granularity;

std::byte* reserved(std::size_t bytes) {
  const auto got = w::virtual_alloc(nullptr, bytes, w::mem_reserve, w::page_no_access);
  REQUIRE(got.error == 0);
  return static_cast<std::byte*>(got.address);
}
int commit(std::byte* p, std::size_t bytes, unsigned protection = w::page_read_write) {
  return w::virtual_alloc(p, bytes, w::mem_commit, protection).error;
}
void release(std::byte* p) { CHECK(w::virtual_free(p, 0, w::mem_release) == 0); }

}  // namespace

TEST_CASE("windows model: reservations are aligned to 64 KiB, and are released as a whole") {
  std::byte* const p = reserved(3 * granule + 1);
  CHECK(reinterpret_cast<std::uintptr_t>(p) % granule == 0);
  CHECK(w::reserved_bytes() == 3 * granule + page);
  CHECK(w::virtual_free(p, granule, w::mem_release) == w::invalid_parameter);
  CHECK(w::virtual_free(p + granule, 0, w::mem_release) == w::invalid_address);
  CHECK(w::virtual_alloc(p, granule, w::mem_reserve, w::page_no_access).error == w::invalid_address);
  release(p);
  CHECK(w::virtual_free(p, 0, w::mem_release) == w::invalid_address);
  CHECK(w::reserved_bytes() == 0);
  CHECK(w::virtual_alloc(nullptr, 0, w::mem_reserve, w::page_no_access).error == w::invalid_parameter);
  CHECK(w::virtual_alloc(nullptr, std::size_t{1} << 50, w::mem_reserve, w::page_no_access).error ==
        w::invalid_parameter);
  CHECK(w::virtual_alloc(nullptr, granule, w::mem_reserve, 3).error == w::invalid_parameter);
}

TEST_CASE("windows model: committed pages are charged exactly once") {
  w::machine.commit_limit = 4 * page;
  std::byte* const p = reserved(granule);
  CHECK(commit(p, 2 * page) == 0);
  CHECK(commit(p, 3 * page) == 0);
  CHECK(w::committed_bytes() == 3 * page);
  CHECK(commit(p, 5 * page) == w::commitment_limit);
  CHECK(w::committed_bytes() == 3 * page);
  CHECK(commit(p, 2 * granule) == w::invalid_address);
  CHECK(w::virtual_free(p, page, w::mem_decommit) == 0);
  CHECK(w::virtual_free(p, page, w::mem_decommit) == 0);
  CHECK(w::committed_bytes() == 2 * page);
  release(p);
  CHECK(w::committed_bytes() == 0);
  w::machine = {};
}

TEST_CASE("windows model: only committed pages of one reservation change access") {
  std::byte* const p = reserved(granule);
  CHECK(w::virtual_protect(p, page, w::page_read_only) == w::invalid_address);
  CHECK(commit(p, 2 * page) == 0);
  p[0] = std::byte{7};
  CHECK(w::virtual_protect(p, 3 * page, w::page_read_only) == w::invalid_address);
  p[0] = std::byte{8};
  CHECK(w::virtual_protect(p, page, 3) == w::invalid_parameter);
  CHECK(w::virtual_protect(p, page, w::page_read_only) == 0);
  w::memory_region told{};
  CHECK(w::virtual_query(p + 5, told) == 0);
  CHECK((told.base == p && told.bytes == page && told.state == w::mem_commit && told.protection == w::page_read_only));
  CHECK(w::virtual_query(p + 2 * page, told) == 0);
  CHECK((told.state == w::mem_reserve && told.bytes == granule - 2 * page && told.allocation == p));
  CHECK(p[0] == std::byte{8});
  release(p);
  CHECK((w::virtual_query(p, told) == 0 && told.state == w::mem_free));
}

TEST_CASE("windows model: locks respect the minimum working set, and end when access is removed") {
  w::machine.minimum_working_set = 12 * page;
  std::byte* const p = reserved(granule);
  CHECK(w::virtual_lock(p, page) == w::invalid_address);
  CHECK(commit(p, 8 * page) == 0);
  CHECK(w::virtual_lock(p, 5 * page) == w::working_set_quota);
  CHECK(w::locked_bytes() == 0);
  CHECK(w::virtual_lock(p, 4 * page) == 0);
  CHECK(w::virtual_lock(p, 4 * page) == 0);
  CHECK(w::virtual_protect(p, page, w::page_no_access) == 0);
  CHECK(w::locked_bytes() == 3 * page);
  CHECK(w::virtual_lock(p, page) == w::no_access);
  CHECK(w::virtual_free(p, 2 * page, w::mem_decommit) == 0);
  CHECK(w::locked_bytes() == 2 * page);
  release(p);
  w::machine = {};
}

TEST_CASE("windows model: offered pages are taken by priority, and then return undefined") {
  std::byte* const p = reserved(granule);
  CHECK(w::offer_virtual_memory(p, page, w::offer_low) == w::invalid_address);
  CHECK(commit(p, 4 * page) == 0);
  p[0] = p[page] = std::byte{9};
  CHECK(w::offer_virtual_memory(p + 1, page, w::offer_low) == w::invalid_parameter);
  CHECK(w::offer_virtual_memory(p, page, 5) == w::invalid_parameter);
  CHECK(w::offer_virtual_memory(p, page, w::offer_very_low) == 0);
  CHECK(w::offer_virtual_memory(p + page, page, w::offer_normal) == 0);
  w::take_offered(w::offer_low);
  CHECK(w::reclaim_virtual_memory(p + page, page) == 0);
  CHECK(p[page] == std::byte{9});
  CHECK(w::reclaim_virtual_memory(p, page) == w::busy);
  CHECK((p[0] != std::byte{9} && p[0] != std::byte{0}));
  release(p);
}

TEST_CASE("windows model: an absent node is refused") {
  CHECK(w::virtual_alloc_on(2, nullptr, granule, w::mem_reserve, w::page_no_access).error == w::invalid_parameter);
  const auto got = w::virtual_alloc_on(1, nullptr, granule, w::mem_reserve | w::mem_commit, w::page_read_write);
  REQUIRE(got.error == 0);
  auto* const p = static_cast<std::byte*>(got.address);
  w::working_set_page told{p, 0};
  CHECK((w::query_working_set(&told, 1) == 0 && !told.is_resident()));
  p[0] = std::byte{1};
  CHECK((w::query_working_set(&told, 1) == 0 && told.is_resident() && told.node() == 1 && !told.is_locked()));
  release(p);
}

}  // namespace quire::test
