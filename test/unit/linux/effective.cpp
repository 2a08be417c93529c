// SPDX-License-Identifier: BSL-1.0
// The effect of policies on this kernel: each request that the kernel can fulfil is observed as fulfilled.
#include <cstddef>
#include <vector>

#include <quire/effective.hpp>
#include <quire/fallback.hpp>
#include <quire/ostream.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

const std::size_t page = calls::linux_kernel::page_bytes();

template <class A>
void touch(const A& memory, std::size_t pages) {
  for (std::size_t i = 0; i < pages; ++i) memory.data()[i * page] = std::byte{1};
}

TEST_CASE("effective reports everything unknown for a memory without a reservation", "[effective]") {
  linux_allocator memory;
  CHECK(effective(memory) == effective_t{});
  REQUIRE(memory.allocate(pages{1}));
  CHECK_FALSE(effective(memory) == effective_t{});
  REQUIRE(memory.deallocate(memory.data(), memory.size()));
  CHECK(effective(memory) == effective_t{});
}

TEST_CASE("effective reports everything unknown for a store that observes nothing", "[effective]") {
  posix_allocator memory;
  REQUIRE(memory.allocate(pages{1}));
  CHECK(effective(memory) == effective_t{});
}

TEST_CASE("effective reports exactly the touched pages as resident", "[effective]") {
  linux_allocator memory;
  REQUIRE(memory.allocate(pages{10}, pages{12}));
  CHECK(effective(memory).resident_bytes == 0);
  touch(memory, 5);
  CHECK(effective(memory).resident_bytes == 5 * page);
  CHECK(effective(memory).resident_bytes == resident_bytes(memory.data(), memory.size()));
  CHECK(effective(memory).page_bytes == page);
  REQUIRE(memory.discard(0, memory.size()));
  CHECK(effective(memory).resident_bytes == 0);
}

TEST_CASE("effective reports a memory in several mappings as one", "[effective]") {
  linux_allocator memory;
  REQUIRE(memory.allocate(pages{8}));
  touch(memory, memory.size() / page);
  REQUIRE(memory.protect(65536, 65536, access::read));
  REQUIRE(memory.protect(3 * 65536, 65536, access::none));
  REQUIRE(mappings_in(memory.data(), memory.size()).size() == 5);
  CHECK(effective(memory).resident_bytes == memory.size());
}

TEST_CASE("effective reports at least the inaccessible bytes that the contract promises", "[effective]") {
  linux_allocator memory;
  REQUIRE(memory.allocate(pages{10}, pages{12}));
  constexpr contract_t promised = linux_allocator::contract;
  const effective_t e = effective(memory);
  CHECK(e.inaccessible_before == promised.guard_before);
  CHECK(e.inaccessible_after >= 2 * 65536 + promised.guard_after);
  REQUIRE(memory.grow(pages{2}));
  CHECK(effective(memory).inaccessible_after == *e.inaccessible_after - 2 * 65536);
  REQUIRE(memory.shrink(pages{12}));
  CHECK(effective(memory).inaccessible_after == *e.inaccessible_after + 10 * 65536);
}

TEST_CASE("effective reports no inaccessible bytes before an unguarded memory", "[effective]") {
  linux_allocator::with_protection<protection::unguarded> memory;
  REQUIRE(memory.allocate(pages{2}, pages{3}));
  CHECK(effective(memory).inaccessible_before == 0);
  CHECK(effective(memory).inaccessible_after >= 65536);
}

TEST_CASE("effective reports the index space of a memory as inaccessible up to its end", "[effective]") {
  wasm_linux_allocator memory;
  REQUIRE(memory.allocate(pages{2}, pages{3}));
  CHECK(effective(memory).inaccessible_after >= wasm_linux_allocator::contract.reach - memory.size());
}

TEST_CASE("effective reports no huge pages under the no_huge policy", "[effective]") {
  if (const char* const why = no_huge_advice()) return skip(why);
  linux_allocator::with_page_size<page_size::no_huge> memory;
  REQUIRE(memory.allocate(pages{64}));
  touch(memory, 1);
  CHECK(effective(memory).huge_advice == huge_request::never);
  CHECK(effective(memory).huge_bytes == 0);
  CHECK(effective(memory).resident_bytes == page);
}

TEST_CASE("effective reports a huge page from the first touch of a whole block", "[effective]") {
  if (const char* const why = no_huge_pages()) return skip(why);
  huge_linux_allocator memory;
  REQUIRE(memory.allocate(pages{64}));
  CHECK(effective(memory).huge_bytes == 0);
  touch(memory, 1);
  const effective_t e = effective(memory);
  CHECK(e.huge_advice == huge_request::when_possible);
  CHECK(e.huge_bytes == std::size_t{2} << 20);
  CHECK(e.resident_bytes == std::size_t{2} << 20);
  CHECK(e.page_bytes == page);
}

TEST_CASE("effective reports huge pages after collapse", "[effective]") {
  if (const char* const why = no_collapse()) return skip(why);
  huge_linux_allocator memory;
  REQUIRE(memory.allocate(pages{0}, pages{64}));
  for (int i = 0; i < 32; ++i) {
    REQUIRE(memory.grow(pages{1}));
    memory.bytes().back() = std::byte{1};
  }
  CHECK(effective(memory).huge_bytes == 0);
  REQUIRE(memory.collapse(0, memory.size()));
  CHECK(effective(memory).huge_bytes == memory.size());
}

TEST_CASE("effective reports pages from a pool as such", "[effective]") {
  if (const char* const why = no_huge_pool()) return skip(why);
  linux_allocator::with_page_size<page_size::explicit_huge<std::size_t{2} << 20>> memory;
  REQUIRE(memory.allocate(pages{1}, pages{64}));
  const effective_t e = effective(memory);
  CHECK(e.page_bytes == std::size_t{2} << 20);
  CHECK(e.pool_bytes == std::size_t{2} << 20);
  CHECK(e.huge_advice == huge_request::from_pool);
}

/// The observation of a memory with this placement and one touched page.
template <class Placement>
effective_t placed(Placement where) {
  linux_allocator::with_placement<Placement> memory{where};
  REQUIRE(memory.allocate(pages{2}));
  touch(memory, 1);
  return effective(memory);
}

TEST_CASE("effective reports the placement of the kernel and nodes within it", "[effective]") {
  if (const char* const why = no_numa_calls()) return skip(why);
  CHECK(placed(placement::anywhere{}).placement == observed_placement{numa_mode::anywhere, {}});
  CHECK(placed(placement::local{}).placement == observed_placement{numa_mode::local, {}});
  const effective_t preferred = placed(placement::prefer{.node = 0});
  CHECK(preferred.placement == observed_placement{numa_mode::prefer, {0}});
  CHECK(preferred.nodes == node_set{0});
  const effective_t bound = placed(placement::bind{.nodes = {0}});
  CHECK(bound.placement == observed_placement{numa_mode::bind, {0}});
  CHECK(bound.nodes == node_set{0});
  CHECK(placed(placement::interleave{.nodes = {0}}).placement == observed_placement{numa_mode::interleave, {0}});
}

TEST_CASE("effective reports a weighted placement of the kernel", "[effective]") {
  if (const char* const why = no_weighted_interleave()) return skip(why);
  const effective_t e = placed(placement::weighted_interleave{.nodes = {0}});
  CHECK(e.placement == observed_placement{numa_mode::weighted_interleave, {0}});
}

TEST_CASE("effective reports unknown nodes for untouched pages", "[effective]") {
  linux_allocator memory;
  REQUIRE(memory.allocate(pages{2}));
  CHECK_FALSE(effective(memory).nodes);
}

/// The observations under a residency with two pages and, after growth, with three.
template <class Residency>
std::vector<effective_t> resided() {
  linux_allocator::with_residency<Residency> memory;
  REQUIRE(memory.allocate(pages{2}, pages{4}));
  const effective_t first = effective(memory);
  REQUIRE(memory.grow(pages{1}));
  return {first, effective(memory)};
}

TEST_CASE("effective reports populated pages as resident and with no other attribute", "[effective]") {
  if (const char* const why = no_populating()) return skip(why);
  const auto e = resided<residency::populated>();
  CHECK(e[0].resident_bytes == 2 * 65536);
  CHECK(e[1].resident_bytes == 3 * 65536);
  CHECK(e[0].locked == false);
  CHECK(e[0].excluded_from_dumps == false);
  CHECK(e[0].not_inherited == false);
}

TEST_CASE("effective reports locked pages as locked including those of growth", "[effective]") {
  if (const char* const why = no_locking()) return skip(why);
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  for (const effective_t& e : resided<residency::locked>()) CHECK(e.locked == true);
  CHECK(resided<residency::locked>()[1].resident_bytes == 3 * 65536);
}

TEST_CASE("effective reports every attribute of residencies joined by all_of", "[effective]") {
  if (const char* const why = no_dump_advice()) return skip(why);
  if (const char* const why = no_fork_advice()) return skip(why);
  for (const effective_t& e : resided<all_of<residency::excluded_from_dumps, residency::not_inherited>>()) {
    CHECK(e.excluded_from_dumps == true);
    CHECK(e.not_inherited == true);
    CHECK(e.locked == false);
  }
}

TEST_CASE("effective reports the name of the mapping", "[effective]") {
  if (const char* const why = no_mapping_names()) return skip(why);
  linux_allocator::with_tagging<tagging::named<"a memory of quire">> memory;
  REQUIRE(memory.allocate(pages{2}));
  CHECK(effective(memory).name == mapping_label("a memory of quire"));
}

TEST_CASE("effective reports the candidate that acts", "[effective]") {
  linux_allocator plain;
  REQUIRE(plain.allocate(pages{1}));
  CHECK_FALSE(effective(plain).candidate);

  fallback<linux_allocator::with_tagging<tagging::named<"quire">>, linux_allocator> memory;
  CHECK_FALSE(effective(memory).candidate);
  REQUIRE(memory.allocate(pages{1}));
  const effective_t e = effective(memory);
  CHECK(e.candidate == (no_mapping_names() == nullptr ? 0U : 1U));
  CHECK((e.candidate == 0U) == (e.name == mapping_label("quire")));
}

TEST_CASE("effective reports the guards of the candidate that acts", "[effective]") {
  // No machine can reserve the first one.
  fallback<linux_allocator::with_protection<protection::index_space<61>>,
           linux_allocator::with_protection<protection::guarded<3 * 65536, 5 * 65536>>>
      memory;
  REQUIRE(memory.allocate(pages{1}, pages{2}));
  const effective_t e = effective(memory);
  CHECK(e.candidate == 1U);
  CHECK(e.inaccessible_before == 3 * 65536);
  CHECK(e.inaccessible_after >= 6 * 65536);
}

TEST_CASE("effective reports guards and unknown residency for an empty memory", "[effective]") {
  linux_allocator memory;
  REQUIRE(memory.allocate(pages{0}, pages{1}));
  CHECK(effective(memory).inaccessible_before == 65536);
  CHECK(effective(memory).inaccessible_after >= 2 * 65536);
  CHECK_FALSE(effective(memory).resident_bytes);
}

TEST_CASE("effective reports guards for a memory whose capacity is zero", "[effective]") {
  linux_allocator memory;
  REQUIRE(memory.allocate(pages{0}, pages{0}));
  CHECK(effective(memory).inaccessible_before == 65536);
  CHECK(effective(memory).inaccessible_after >= 65536);
  CHECK_FALSE(effective(memory).resident_bytes);
}

}  // namespace
}  // namespace quire::test
