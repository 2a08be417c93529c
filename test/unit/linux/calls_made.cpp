// SPDX-License-Identifier: BSL-1.0
// The system calls of each operation: one where one suffices, none where none is needed.
#include <string>

#include <quire/all_of.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/weighted_interleave.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/named.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/permissive_fake_kernel.hpp"
#include "support/fakes/recording_calls.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

using recorded = recording_calls<permissive_fake_kernel>;
using journal = recorded::watcher;
template <class A>
using over_recorded = typename A::template with_backing<backing::linux_mmap<recorded>>;

/// The names of the calls since the last query, without those that reserve, as these depend on the kernel.
std::string calls_made() {
  std::string text;
  for (const made_call& c : journal::take())
    if (c.what != call::mmap || (c.flags & recorded::map_fixed) != 0) text += std::string{name(c.what)} + ' ';
  return text;
}

TEST_CASE("an operation of the plain typedef makes one call except a reset", "[calls]") {
  over_recorded<linux_allocator> a;
  journal::take();
  REQUIRE(a.allocate(pages{100}, pages{1000}).has_value());
  CHECK(calls_made() == "mprotect ");
  REQUIRE(a.grow(pages{100}, pages{1}).has_value());
  CHECK(calls_made() == "mprotect ");
  REQUIRE(a.grow(pages{0}).has_value());
  CHECK(calls_made().empty());
  REQUIRE(a.protect(0, 65536, access::read).has_value());
  CHECK(calls_made() == "mprotect ");
  REQUIRE(a.protect(0, 0, access::none).has_value());
  REQUIRE(a.protect(101 * 65536, 65536, access::none).has_value());  // reserved pages: nothing to do
  CHECK(calls_made().empty());
  REQUIRE(a.shrink(pages{1}).has_value());
  CHECK(calls_made() == "mmap ");
  REQUIRE(a.reset(pages{2}).has_value());
  CHECK(calls_made() ==
        "mprotect mprotect madvise madvise madvise madvise mmap madvise ");  // opens all, drops 6 MiB, empties the rest
  REQUIRE(a.reset(pages{100}).has_value());
  CHECK(calls_made() == "mprotect mprotect madvise ");
  REQUIRE(a.shrink(pages{0}).has_value());
  CHECK(calls_made().empty());
  CHECK_FALSE(a.grow(pages{7}, pages{1}).has_value());
  CHECK_FALSE(a.protect(1, 1, access::read).has_value());
  CHECK_FALSE(a.deallocate(a.data() + 1, a.size()).has_value());
  CHECK(calls_made().empty());  // a refused operation makes no call
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(calls_made() == "munmap ");
}

TEST_CASE("allocating an empty memory commits nothing", "[calls]") {
  over_recorded<linux_allocator> a;
  journal::take();
  REQUIRE(a.allocate(pages{0}, pages{10}).has_value());
  CHECK(calls_made().empty());
  a = {};
  CHECK(calls_made() == "munmap ");
}

TEST_CASE("a move makes no call", "[calls]") {
  over_recorded<linux_allocator> a;
  REQUIRE(a.allocate(pages{1}, pages{10}).has_value());
  journal::take();
  auto b = std::move(a);
  a = std::move(b);
  CHECK(journal::take().empty());
}

TEST_CASE("guards take no further call", "[calls]") {
  over_recorded<checked_linux_allocator> a;
  journal::take();
  REQUIRE(a.allocate(pages{1}, pages{10}).has_value());
  CHECK(calls_made() == "mprotect ");
}

TEST_CASE("each policy makes the calls that its documentation names", "[calls]") {
  const auto cost_of = []<class A>(A a) {
    journal::take();
    REQUIRE(a.allocate(pages{1}, pages{10}).has_value());
    std::string calls = calls_made();
    REQUIRE(a.grow(pages{1}).has_value());
    return calls + "| " + calls_made();
  };
  namespace r = residency;
  for (const std::string& cost :
       {cost_of(over_recorded<linux_allocator::with_protection<protection::unguarded>>{}),
        cost_of(over_recorded<linux_allocator>{}), cost_of(over_recorded<wasm_linux_allocator>{})})
    CHECK(cost == "mprotect | mprotect ");
  CHECK(cost_of(over_recorded<linux_allocator::with_tagging<tagging::named<"quire">>>{}) ==
        "name_mapping mprotect | mprotect ");
  CHECK(cost_of(over_recorded<huge_linux_allocator>{}) == "madvise mprotect | mprotect ");
  using in_blocks = page_size::transparent_huge<page_size::in_blocks>;
  CHECK(cost_of(over_recorded<linux_allocator::with_page_size<in_blocks>>{}) ==
        "madvise mprotect | mprotect madvise ");  // within the block: pages that it clears may not be populated yet
  CHECK(cost_of(over_recorded<linux_allocator::with_page_size<page_size::no_huge>>{}) ==
        "madvise mprotect | mprotect ");
  CHECK(cost_of(over_recorded<linux_allocator::with_residency<r::excluded_from_dumps>>{}) ==
        "madvise mprotect | mprotect ");
  CHECK(cost_of(over_recorded<linux_allocator::with_residency<r::not_inherited>>{}) == "madvise mprotect | mprotect ");
  CHECK(cost_of(over_recorded<linux_allocator::with_residency<r::populated>>{}) ==
        "mprotect madvise | mprotect madvise ");
  if (no_numa_calls() == nullptr) {
    CHECK(cost_of(over_recorded<linux_allocator::with_placement<placement::local>>{}) == "mbind mprotect | mprotect ");
    CHECK(cost_of(over_recorded<numa_linux_allocator>{placement::prefer{0}}) == "mbind mprotect | mprotect ");
    const auto cost_of_nodes = [&]<class L>(L where) {
      return cost_of(over_recorded<linux_allocator::with_placement<L>>{where});
    };
    for (const std::string& cost :
         {cost_of_nodes(placement::bind{.nodes = {0}}), cost_of_nodes(placement::interleave{.nodes = {0}}),
          cost_of_nodes(placement::weighted_interleave{.nodes = {0}})})
      CHECK(cost == "mbind get_mempolicy mprotect | mprotect ");
  }
  if (no_locking() == nullptr)
    CHECK(cost_of(over_recorded<linux_allocator::with_residency<r::locked>>{}) == "mprotect mlock | mprotect mlock ");
}

TEST_CASE("each committed huge page is populated from the pool", "[calls]") {
  over_recorded<linux_allocator::with_page_size<page_size::explicit_huge<2_MiB>>> a;
  journal::take();
  REQUIRE(a.allocate(pages{33}, pages{200}).has_value());      // two pages of 2 MiB
  CHECK(calls_made() == "madvise mprotect madvise madvise ");  // the first excludes the pages from child processes
  REQUIRE(a.grow(pages{31}).has_value());  // the rest of the second, which may have been protected and discarded
  CHECK(calls_made() == "mprotect madvise ");
  REQUIRE(a.grow(pages{96}).has_value());
  CHECK(calls_made() == "mprotect madvise madvise madvise ");
}

TEST_CASE("calls that work page by page are split into parts of 2 MiB", "[calls]") {
  over_recorded<linux_allocator::with_residency<residency::populated>> a;
  journal::take();
  REQUIRE(a.allocate(pages{80}, pages{100}).has_value());  // 5 MiB
  CHECK(calls_made() == "mprotect madvise madvise madvise ");
  REQUIRE(a.discard(0, 80 * 65536).has_value());
  std::size_t swept = 0;
  for (const made_call& c : journal::take()) {
    CHECK(c.what == call::madvise);
    CHECK(c.detail == recorded::advice_discard);
    CHECK(c.bytes <= 2_MiB);
    CHECK(c.where == a.data() + swept);
    swept += c.bytes;
  }
  CHECK(swept == 80 * 65536);
}

TEST_CASE("shrink by more than 2 MiB protects then discards in parts of 2 MiB then remaps", "[calls]") {
  over_recorded<linux_allocator> a;
  REQUIRE(a.allocate(pages{81}, pages{100}).has_value());
  journal::take();
  REQUIRE(a.shrink(pages{80}).has_value());  // 5 MiB
  CHECK(calls_made() == "mprotect madvise madvise madvise mmap ");
}

TEST_CASE("only a locked memory is discarded with the advice for locked pages", "[calls]") {
  if (const char* const reason = no_locking()) return skip(reason);
  over_recorded<linux_allocator::with_residency<residency::locked>> a;
  REQUIRE(a.allocate(pages{2}, pages{4}).has_value());
  journal::take();
  REQUIRE(a.discard(0, 65536).has_value());
  const auto discarded = journal::take();
  REQUIRE(discarded.size() == 1);
  CHECK(discarded[0].detail == recorded::advice_discard_locked);
  REQUIRE(a.shrink(pages{1}).has_value());
  CHECK(calls_made() == "mmap ");  // which also unlocks the pages
}

/// Every configuring call, for a store whose commit and decommit lose the configuration.
TEST_CASE("every remap configures exactly the remapped pages again", "[calls]") {
  namespace r = residency;
  using configured = linux_allocator::with_residency<all_of<r::excluded_from_dumps, r::not_inherited>>::with_page_size<
      page_size::no_huge>::with_backing<remapping<backing::linux_mmap<recorded>>>;
  configured a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());

  const auto expect_configured = [&](std::size_t offset, std::size_t bytes, std::size_t tried) {
    auto made = journal::take();
    REQUIRE(made.size() == tried + 4);
    made.erase(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(tried));
    CHECK(made[0].what == call::mmap);
    const int advice[] = {recorded::advice_no_huge, recorded::advice_no_dump, recorded::advice_no_fork};
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(made[i].where == a.data() + offset);
      CHECK(made[i].bytes == bytes);
      if (i != 0) CHECK(made[i].detail == advice[i - 1]);
    }
  };
  journal::take();
  REQUIRE(a.grow(pages{3}).has_value());
  expect_configured(2 * 65536, 3 * 65536, 0);
  REQUIRE(a.shrink(pages{4}).has_value());
  expect_configured(65536, 4 * 65536, 3);  // the calls that configure are tried first
}

TEST_CASE("the POSIX store needs only mmap and mprotect and munmap", "[calls]") {
  using posix_recorded = recording_calls<calls::posix, struct posix_tag>;
  posix_allocator::with_backing<backing::posix_mmap<posix_recorded>> a;
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  posix_recorded::watcher::take();
  REQUIRE(a.grow(pages{1}).has_value());
  auto made = posix_recorded::watcher::take();
  REQUIRE(made.size() == 1);
  CHECK(made[0] == made_call{call::mprotect, a.data() + 2 * 65536, 65536, PROT_READ | PROT_WRITE});
  REQUIRE(a.shrink(pages{1}).has_value());
  made = posix_recorded::watcher::take();
  REQUIRE(made.size() == 1);
  CHECK(made[0].what == call::mmap);
  CHECK(made[0].where == a.data() + 2 * 65536);
  CHECK((made[0].flags & MAP_FIXED) != 0);
  CHECK(made[0].detail == PROT_NONE);
}

}  // namespace
}  // namespace quire::test
