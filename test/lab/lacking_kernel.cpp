// SPDX-License-Identifier: BSL-1.0
// A kernel built without transparent huge pages and without NUMA: requests that it fulfils anyway succeed.
#include <cstddef>

#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "report.hpp"
#include "settings.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

template <class A, class... Given>
error run_lifecycle(Given... given) {
  A memory{limits{pages{64}}, given...};
  if (const auto got = memory.allocate(pages{4}); !got) return got.error();
  memory.bytes()[0] = std::byte{1};
  CHECK((memory.grow(pages{2}) && memory.shrink(pages{1}) && memory.reset(pages{3})));
  CHECK(memory.bytes()[0] == std::byte{});
  return {};
}

const char* has_huge_pages() {
  return setting_in("/sys/kernel/mm/transparent_hugepage/enabled") ? "this kernel has transparent huge pages" : nullptr;
}

TEST_CASE("a kernel without transparent huge pages fulfils no_huge, and no other advice", "[lacking]") {
  if (const char* const reason = has_huge_pages()) return skip(reason);
  CHECK(run_lifecycle<linux_allocator::with_page_size<page_size::no_huge>>() == error{});
  huge_linux_allocator huge;
  const auto got = huge.allocate(pages{4});
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::not_supported);
  CHECK(explain(got.error(), huge).owner == "this kernel: no transparent huge pages");
  CHECK(run_lifecycle<fallback<huge_linux_allocator, linux_allocator>>() == error{});
}

TEST_CASE("a kernel without NUMA fulfils a placement on node 0, and no other one", "[lacking]") {
  if (no_numa_calls() == nullptr) return skip("this kernel has NUMA");
  using local = linux_allocator::with_placement<placement::local>;
  using bound = linux_allocator::with_placement<placement::bind>;
  using interleaved = linux_allocator::with_placement<placement::interleave>;
  if (!detail::is_without_nodes<calls::linux_kernel>()) return skip("NUMA is hidden here, not absent");
  CHECK(run_lifecycle<local>() == error{});
  CHECK(run_lifecycle<numa_linux_allocator>(placement::prefer{.node = 0}) == error{});
  CHECK(run_lifecycle<bound>(placement::bind{.nodes = {0}}) == error{});
  CHECK(run_lifecycle<interleaved>(placement::interleave{.nodes = {0}}) == error{});
  CHECK(run_lifecycle<numa_linux_allocator>(placement::prefer{.node = 1}).code == errc::not_supported);
  CHECK(run_lifecycle<bound>(placement::bind{.nodes = {0, 1}}).code == errc::not_supported);
  CHECK(headroom<bound>(placement::bind{.nodes = {0}}).room() > std::size_t{0});
}

}  // namespace
}  // namespace quire::test
