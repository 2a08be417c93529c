// SPDX-License-Identifier: BSL-1.0
// Regions over ready typedefs: random operations, what they leave behind, addresses of choice, and code.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <thread>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/page_units.hpp"
#include "support/process/machine.hpp"
#include "support/process/mapping_limit.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/regions/region_cases.hpp"

namespace quire::test {
namespace {

using executable_allocator = linux_allocator::with_backing<backing::executable_linux_mmap<>>;
using unguarded = linux_allocator::with_protection<protection::unguarded>;
constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };

TEMPLATE_TEST_CASE("random operations on regions do as a model of their pages does", "[regions]", linux_allocator,
                   unguarded, executable_allocator, posix_allocator,
                   linux_allocator::with_residency<residency::populated>,
                   linux_allocator::with_residency<residency::excluded_from_dumps>,
                   linux_allocator::with_residency<residency::assured>,
                   linux_allocator::with_page_size<page_size::no_huge>,
                   linux_allocator::with_page_size<page_size::transparent_huge<>>,
                   (linux_allocator::with_protection<protection::guarded<4096, 1048576>>)) {
  random_operations_on_regions<TestType>(1000);
}

TEST_CASE("regions with huge blocks are committed in whole blocks", "[regions]") {
  random_operations_on_regions<linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>>>(60);
}

TEST_CASE("regions on a node", "[regions]") {
  if (const char* const reason = no_numa_calls()) return skip(reason);
  using bound = linux_allocator::with_placement<placement::bind>;
  random_operations_on_regions<bound>(200, placement::bind{{0}});
}

TEST_CASE("regions of a partition are charged for committed pages, and for no others", "[regions]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "regions", .maximum = 1 << 20}));
  {
    region_allocator<with_partition<linux_allocator>> regions(backing::partitioned{partition});
    const auto first = regions.reserve(2 << 20), second = regions.reserve(2 << 20);
    REQUIRE((first && second));
    CHECK(partition.charged() == 0);
    REQUIRE(regions.commit(first->subspan(65536, 65536)));
    REQUIRE(regions.commit(first->first(3 * 65536)));  // one of the three is committed
    CHECK(partition.charged() == 3 * 65536);
    const auto too_much = regions.commit(second->first((1 << 20) - 2 * 65536));
    REQUIRE(!too_much);
    CHECK(too_much.error().code == errc::out_of_memory);
    CHECK(partition.charged() == 3 * 65536);
    REQUIRE(regions.commit(second->first((1 << 20) - 3 * 65536)));
    REQUIRE(regions.decommit(first->first(2 * 65536)));
    CHECK(partition.charged() == (1 << 20) - 2 * 65536);
    REQUIRE(regions.release_tail(*second, 65536));
    CHECK(partition.charged() == 2 * 65536);
    REQUIRE(regions.release(*first));
    CHECK(partition.charged() == 65536);
  }
  CHECK(partition.charged() == 0);
}

TEST_CASE("a partition with a minimum, or a locked one, makes no regions", "[regions]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "regions", .maximum = 1 << 20, .minimum = 65536}));
  region_allocator<with_partition<linux_allocator>> regions(backing::partitioned{partition});
  const auto got = regions.reserve(65536);
  REQUIRE(got);
  const auto refused = regions.commit(*got);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::not_supported);
  CHECK(regions.statistics().committed == 0);
}

TEST_CASE("regions leave no mapping behind", "[regions]") {
  test_environment::run_isolated("regions", [] {
    test_environment::expect_no_trace([] {
      region_allocator<linux_allocator> regions;
      for (int i = 0; i < 20; ++i) {
        const auto got = regions.reserve(1 << 20, {.alignment = 1 << 18, .initial = access::read_write});
        check(got && regions.release_tail(*got, 65536).has_value(), "a region that becomes smaller");
        if (i % 2 == 0) check(regions.release(got->first(65536)).has_value(), "release");
      }
    });
  });
}

TEST_CASE("a region begins at the hint if that is free, and elsewhere if it is not", "[regions]") {
  region_allocator<unguarded> regions;
  const auto free_run = regions.reserve(4 << 20);
  REQUIRE(free_run);
  std::byte* const hint = free_run->data() + (1 << 20);
  REQUIRE(regions.release(*free_run));
  const auto first = regions.reserve(65536, {.hint = hint});
  REQUIRE(first);
  CHECK(first->data() == hint);
  const auto second = regions.reserve(65536, {.hint = hint});
  REQUIRE(second);
  CHECK(second->data() != hint);

  region_allocator<linux_allocator> guarded;
  const auto third = guarded.reserve(65536, {.hint = hint - (1 << 19)});
  REQUIRE(third);
  CHECK(third->data() == hint - (1 << 19));
}

TEST_CASE("a region between committed neighbours is released", "[regions]") {
  region_allocator<unguarded> regions;
  std::vector<std::span<std::byte>> all;
  for (int i = 0; i < 300; ++i) {
    const auto got = regions.reserve(4096, {.initial = access::read_write});
    REQUIRE(got);
    write_to(got->data(), 7);
    all.push_back(*got);
  }
  for (std::size_t i = 0; i < all.size(); i += 2) CHECK(regions.release(all[i]));
  CHECK(regions.statistics().committed == 150 * 4096);
  for (std::size_t i = 1; i < all.size(); i += 2) CHECK(all[i][0] == std::byte{7});
}

TEST_CASE("a hint that no region can have is no error", "[regions]") {
  region_allocator<linux_allocator> regions;
  for (const std::uintptr_t hint :
       {std::uintptr_t{1}, std::uintptr_t{4096}, ~std::uintptr_t{0} << 16, ~std::uintptr_t{0} / 2})
    CHECK(regions.reserve(4096, {.alignment = 1 << 20, .hint = reinterpret_cast<std::byte*>(hint)}));
}

TEST_CASE("what is refused at the limit of mappings changes nothing, or is told", "[regions]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs mappings of its own");
  test_environment::run_isolated("the limit of mappings", [] {
    region_allocator<unguarded> regions;
    const auto got = regions.reserve(64 * 4096);
    const auto page = [&](std::size_t i) { return got->subspan(i * 4096, 4096); };
    for (std::size_t i = 0; i < 64; i += 3) check(regions.commit(page(i)).has_value(), "every third page");
    all_mappings others;
    others.take();
    for (std::size_t i = 0; i + 8 < 64; ++i) {
      const std::size_t before = regions.statistics().committed;
      const auto done = regions.commit(got->subspan(i * 4096, 8 * 4096), access::read);
      if (!done) check(done.error().code == errc::too_many_mappings, "the error names the limit");
      std::size_t counted = 0;
      for (std::size_t k = 0; k < 64; ++k)
        if (regions.find(page(k).data())->where == zone::accessible) counted += 4096;
      check(counted == regions.statistics().committed && counted >= before, "what is committed is told");
    }
  });
}

TEST_CASE("small regions share mappings and page tables where they can", "[regions]") {
  region_allocator<unguarded> regions;
  const auto one = regions.reserve(4096);
  REQUIRE(one);
  CHECK(regions.statistics().reserved < 65537);
}

TEST_CASE("code runs in a region, and stays when another part changes", "[regions]") {
  region_allocator<executable_allocator> regions;
  const auto got = regions.reserve(8 * regions.granularity());
  REQUIRE(got);
  const auto code = got->first(regions.granularity());
  REQUIRE(regions.commit(code));
  fill(code, 0xc3);  // a ret instruction on x86
  REQUIRE(regions.protect(code, access::read_execute));
#if defined(__x86_64__)
  test_environment::call(code.data());
#endif
  REQUIRE(regions.commit(*got, access::read_execute));
#if defined(__x86_64__)
  test_environment::call(code.data());
#endif
  CHECK(is_refused(region_allocator<linux_allocator>().reserve(4096, {.initial = access::read_execute}),
                   errc::not_supported));
}

TEST_CASE("threads reserve, commit and release at once", "[regions][threads]") {
  region_allocator<linux_allocator> regions;
  std::vector<std::thread> threads;
  for (unsigned t = 1; t <= 4; ++t)
    threads.emplace_back([&regions, t] {
      for (int i = 0; i < 200; ++i) {
        const auto got = regions.reserve(16 * 4096);
        if (!got || !regions.commit(got->first(2 * 4096)) || !regions.commit(got->last(4096))) std::abort();
        fill(got->first(2 * 4096), static_cast<unsigned char>(t));
        if (!regions.discard(got->first(4096)) || !all_zero(got->first(4096))) std::abort();
        if (!holds(got->subspan(4096, 4096), static_cast<unsigned char>(t))) std::abort();
        const bool smaller = i % 3 != 0;
        if (smaller && !regions.release_tail(*got, 4096)) std::abort();
        if (!regions.release(smaller ? got->first(4096) : *got)) std::abort();
      }
    });
  for (std::thread& each : threads) each.join();
  CHECK(regions.statistics() == region_statistics{});
}

}  // namespace
}  // namespace quire::test
