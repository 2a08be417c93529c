// SPDX-License-Identifier: BSL-1.0
// Allocators in order of preference: which one acts, what is kept of the others, and that nothing of a rejected one
// stays behind.
#include <cstddef>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/headroom.hpp>
#include <quire/platform/linux.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

/// Linux, but each kind of mapping is refused as the test says; mappings are counted.
struct choosy_kernel : calls::linux_kernel {
  static inline bool refuses_pools = true, refuses_advice = false, refuses_all = false;
  static inline long mapped = 0;

  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    if (refuses_all || ((flags & map_hugetlb) != 0 && refuses_pools)) return {nullptr, no_memory};
    const calls::mapping got = linux_kernel::mmap(where, bytes, protection, flags & ~map_hugetlb);
    if (got.error == 0 && (flags & map_fixed) == 0) ++mapped;
    return got;
  }
  static int munmap(void* p, std::size_t bytes) noexcept {
    const int failed = linux_kernel::munmap(p, bytes);
    if (failed == 0) --mapped;
    return failed;
  }
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice == advice_huge) return refuses_advice ? invalid : 0;
    return linux_kernel::madvise(p, bytes, advice);
  }
};
void restore() {
  choosy_kernel::refuses_pools = true;
  choosy_kernel::refuses_advice = choosy_kernel::refuses_all = false;
  choosy_kernel::mapped = 0;
}

using plain = linux_allocator::with_backing<backing::linux_mmap<choosy_kernel>>;
using from_pool = plain::with_page_size<page_size::explicit_huge<std::size_t{2} << 20>>;
using advised = plain::with_page_size<page_size::transparent_huge<>>;
using on_node = plain::with_placement<placement::prefer>;
using three = fallback<from_pool, advised, plain>;

static_assert(page_allocator_like<three> && protectable_page_allocator<three>);
static_assert(sizeof(three) <= 56, "an index, the largest candidate, and an error for each candidate but the last");
static_assert(std::is_nothrow_move_constructible_v<three> && !std::is_copy_constructible_v<three>);
static_assert(!std::is_default_constructible_v<fallback<on_node, plain>>, "the node must be given");
constinit three before_main;

TEST_CASE("allocate takes the first candidate that succeeds and keeps the errors of those before it", "[fallback]") {
  restore();
  three a;
  REQUIRE(a.allocate(pages{4}, pages{10}));
  CHECK(a.acting() == 1);
  REQUIRE(a.rejected().size() == 1);
  CHECK(a.rejected()[0].at == step::reserve);
  CHECK(a.rejected()[0].native == choosy_kernel::no_memory);
  CHECK((a.size() == 4 * pages::unit && a.capacity() == 10 * pages::unit && all_zero(a.bytes())));
  CHECK(a.visit([](auto& acting) { return std::is_same_v<std::remove_reference_t<decltype(acting)>, advised>; }));
  CHECK(effective(a).candidate == std::size_t{1});
  REQUIRE(a.deallocate(a.data(), a.size()));
  CHECK(choosy_kernel::mapped == 0);
}

TEST_CASE("a candidate that fails after it reserved leaves nothing behind", "[fallback]") {
  restore();
  choosy_kernel::refuses_advice = true;
  three a;
  REQUIRE(a.allocate(pages{1}, pages{2}));
  CHECK((a.acting() == 2 && a.rejected().size() == 2));
  CHECK((a.rejected()[1].at == step::configure && a.rejected()[1].code == errc::not_supported));
  CHECK(choosy_kernel::mapped == 1);
}

TEST_CASE("if no candidate succeeds the error is the last one's and the object can allocate later", "[fallback]") {
  restore();
  choosy_kernel::refuses_all = true;
  three a;
  const auto got = a.allocate(pages{1}, pages{2});
  REQUIRE_FALSE(got);
  CHECK(got.error().at == step::reserve);
  CHECK((a.acting() == 2 && a.rejected().size() == 2 && a.data() == nullptr));
  choosy_kernel::refuses_all = false;
  REQUIRE(a.allocate(pages{1}, pages{2}));
  CHECK(a.acting() == 1);
}

TEST_CASE("arguments that no candidate can satisfy are refused before any is tried", "[fallback]") {
  restore();
  three a{limits{pages{8}}};
  const auto code = [&](pages initial, std::optional<pages> maximum) {
    const auto got = a.allocate(initial, maximum);
    return got ? errc::system : got.error().code;
  };
  CHECK(code(pages{2}, pages{1}) == errc::invalid_argument);
  CHECK(code(pages{9}, std::nullopt) == errc::limit_exceeded);
  CHECK(code(pages{1}, pages{9}) == errc::limit_exceeded);
  CHECK((a.acting() == 0 && a.rejected().empty() && choosy_kernel::mapped == 0));
  REQUIRE(a.allocate(pages{8}));
  CHECK(code(pages{1}, std::nullopt) == errc::already_allocated);
  CHECK((a.acting() == 1 && a.size() == 8 * pages::unit));
}

TEST_CASE("every member acts on the chosen memory", "[fallback]") {
  restore();
  three a;
  REQUIRE(a.allocate(pages{2}, pages{6}));
  std::byte* const base = a.data();
  REQUIRE(a.grow(pages{2}));
  CHECK((a.data() == base && a.size_pages() == pages{4}));
  fill(a.bytes(), 0x5a);
  REQUIRE(a.protect(0, a.granularity(), access::read));
  REQUIRE(a.discard(0, a.granularity()));
  CHECK(all_zero(a.bytes().first(a.granularity())));
  REQUIRE(a.shrink(pages{1}));
  CHECK((a.contains(base) && !a.contains(base + a.size()) && a.zone_of(base + a.size()) == zone::reserved));
  REQUIRE(a.reset(pages{5}));
  CHECK((all_zero(a.bytes()) && a.size() == 5 * pages::unit && a.reserved() >= a.capacity()));
}

TEST_CASE("a moved fallback keeps its candidate and the other can allocate anew", "[fallback]") {
  restore();
  choosy_kernel::refuses_advice = true;
  three a;
  REQUIRE(a.allocate(pages{1}, pages{2}));
  fill(a.bytes(), 0x11);
  std::byte* const base = a.data();
  three b{std::move(a)};
  CHECK((b.data() == base && b.acting() == 2 && holds(b.bytes(), 0x11)));
  choosy_kernel::refuses_advice = false;
  REQUIRE(a.allocate(pages{1}, pages{2}));
  CHECK(a.acting() == 1);
  b = std::move(a);
  CHECK((b.acting() == 1 && choosy_kernel::mapped == 1));
}

TEST_CASE("candidates receive the arguments that they take", "[fallback]") {
  restore();
  fallback<on_node, plain> a{placement::prefer{.node = 0}, limits{pages{16}}};
  CHECK(a.requested().numa.mode == numa_mode::prefer);
  const auto first = a.candidate<0>();
  CHECK(first.requested().numa.mode == numa_mode::prefer);
  CHECK(first.data() == nullptr);
  CHECK_FALSE(a.allocate(pages{17}));
  REQUIRE(a.allocate(pages{16}));
}

TEST_CASE("the limit behind a rejection is explained by a candidate of its own type", "[fallback]") {
  restore();
  three a;
  REQUIRE(a.allocate(pages{1}, pages{2}));
  const auto pool = a.candidate<0>();
  CHECK(pool.requested().huge == huge_request::from_pool);
  CHECK(explain(a.rejected()[0], pool).kind != limit_kind::none);
  CHECK(explain_rejected(a, 0).kind == explain(a.rejected()[0], pool).kind);
  CHECK(explain_rejected(a, 0).owner == explain(a.rejected()[0], pool).owner);
  CHECK(explain_rejected(a, 1).kind == limit_kind::none);  // that one acts
  CHECK(explain(error{errc::limit_exceeded, step::plan, 0}, a).owner == "the maximum of this memory");
}

TEST_CASE("headroom of a fallback is that of the candidate that acts, before and after it allocates", "[fallback]") {
  fallback<plain, plain::with_protection<protection::unguarded>> a{limits{pages{16}}};
  CHECK(a.limit() == 16 * pages::unit);
  CHECK(headroom(a).owner == "the allocator's limits");
  REQUIRE(a.allocate(pages{1}, pages{2}));
  CHECK(headroom(a).owner == "the maximum of this memory");
}

TEST_CASE("the contract is what holds whichever candidate acts", "[fallback]") {
  using either = fallback<plain, plain::with_protection<protection::unguarded>>;
  STATIC_REQUIRE(plain::contract.guard_after != 0);
  STATIC_REQUIRE(either::contract.guard_after == 0);
  STATIC_REQUIRE(either::contract ==
                 weaker_of(plain::contract, plain::with_protection<protection::unguarded>::contract));
}

TEST_CASE("a fallback with static storage is constant-initialised", "[fallback]") {
  restore();
  REQUIRE(before_main.allocate(pages{1}, pages{1}));
  REQUIRE(before_main.deallocate(before_main.data(), before_main.size()));
}

}  // namespace
}  // namespace quire::test
