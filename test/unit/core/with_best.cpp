// SPDX-License-Identifier: BSL-1.0
// with_best: which of several typedefs it selects, which arguments that one gets, and why the others were rejected.
#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <sys/resource.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

#include <quire/fallback.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>
#include <quire/with_best.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/child.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

using calls::linux_kernel;

/// Linux where one call always fails with the given code.
template <int Code>
struct without_advice : linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return advice == advice_huge ? Code : linux_kernel::madvise(p, bytes, advice);
  }
};
template <int Code>
struct without_mappings : linux_kernel {
  static calls::mapping mmap(void*, std::size_t, int, int) noexcept { return {nullptr, Code}; }
};
/// Linux where one advice succeeds without effect.
template <int Advice>
struct with_idle_advice : linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return advice == Advice ? 0 : linux_kernel::madvise(p, bytes, advice);
  }
};
/// Linux where huge pages never appear, even if the system is set to give them without a request.
struct idle_huge : linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice != advice_huge) return linux_kernel::madvise(p, bytes, advice);
    (void)linux_kernel::madvise(p, bytes, advice_no_huge);
    return 0;
  }
};
struct hiding_pages : idle_huge {
  static int mincore(void*, std::size_t, unsigned char*) noexcept { return ENOSYS; }
};
/// mlock brings pages in but does not keep them in memory.
struct idle_locking : linux_kernel {
  static int mlock(const void* p, std::size_t bytes) noexcept {
    for (std::size_t i = 0; i < bytes; i += page_bytes()) {
      auto& first = const_cast<std::byte&>(static_cast<const std::byte*>(p)[i]);
      static_cast<volatile std::byte&>(first) = std::byte{};
    }
    return 0;
  }
};
struct no_locking_at_all : linux_kernel {
  static int mlock(const void*, std::size_t) noexcept { return 0; }
};

template <class Calls>
using huge_over = huge_linux_allocator::with_backing<backing::linux_mmap<Calls>>;
template <class Calls>
using plain_over = linux_allocator::with_backing<backing::linux_mmap<Calls>>;

using no_advice = huge_over<without_advice<linux_kernel::invalid>>;
using no_room = plain_over<without_mappings<linux_kernel::no_memory>>;

TEST_CASE("the first typedef that works is selected and the visitor gets an object of that type", "[with_best]") {
  const auto chosen = [](auto& memory, std::span<const error> rejected) {
    CHECK(rejected.empty());
    CHECK(memory.data() == nullptr);  // the pages of the trial were released
    CHECK(memory.allocate(pages{3}).has_value());
    return std::is_same_v<decltype(memory), checked_linux_allocator&>;
  };
  const best_result<bool, 2> got = with_best<checked_linux_allocator, linux_allocator>(chosen);
  REQUIRE(got);
  CHECK(*got);
}

TEST_CASE("typedefs that do not work are rejected and each leaves its error", "[with_best]") {
  std::vector<error> reasons;
  const auto got = with_best<no_advice, no_room, linux_allocator>([&](auto& memory, std::span<const error> rejected) {
    reasons.assign(rejected.begin(), rejected.end());
    return std::is_same_v<decltype(memory), linux_allocator&>;
  });
  REQUIRE(got);
  CHECK(*got);
  const std::vector<error> expected{{errc::not_supported, step::configure, linux_kernel::invalid},
                                    {errc::out_of_address_space, step::reserve, linux_kernel::no_memory}};
  CHECK(reasons == expected);
}

/// The reason why `A` is rejected; empty if it is selected.
template <class A, class... Given>
std::optional<error> refusal_of(const Given&... given) {
  const auto got = with_best<A>([](auto&, auto) {}, given...);
  return got ? std::nullopt : std::optional(got.error()[0]);
}
template <class A, class R>
using residing = typename A::template with_residency<R>;

TEST_CASE("a typedef whose request is accepted without effect is rejected", "[with_best]") {
  const auto idle = [](step at) { return std::optional(error{errc::not_supported, at, 0}); };
  using huge = huge_over<idle_huge>;
  CHECK(refusal_of<huge>() == idle(step::configure));
  CHECK(refusal_of<residing<huge, residency::populated>>() == idle(step::configure));
  CHECK(refusal_of<huge::with_page_size<page_size::transparent_huge<page_size::in_blocks>>>() == idle(step::configure));
  CHECK(refusal_of<plain_over<idle_huge>>() == std::nullopt);
  using unpopulated = with_idle_advice<linux_kernel::advice_populate_write>;
  CHECK(refusal_of<residing<plain_over<unpopulated>, residency::populated>>() == idle(step::populate));
  CHECK(refusal_of<residing<plain_over<idle_locking>, residency::locked>>() == idle(step::lock));
  CHECK(refusal_of<residing<plain_over<no_locking_at_all>, residency::locked>>() == idle(step::lock));

  // An effect that cannot be observed is assumed: hidden pages, a block above the limit.
  CHECK(refusal_of<huge_over<hiding_pages>>() == std::nullopt);
  CHECK(refusal_of<huge>(limits{pages{31}}) == std::nullopt);
  CHECK(refusal_of<huge>(limits{pages{32}}) == idle(step::configure));
}

TEST_CASE("a block above the limit is not tried, whatever the trial size", "[with_best]") {
  for (const std::uint64_t trial : {1U, 2U, 16U}) {
    CAPTURE(trial);
    CHECK(refusal_of<huge_over<idle_huge>>(limits{pages{20}}, trial_size{trial * pages::unit}) == std::nullopt);
  }
  CHECK(refusal_of<huge_over<idle_huge>>(limits{pages{20}}, trial_size{21 * pages::unit})->code ==
        errc::limit_exceeded);
}

TEST_CASE("a fallback can be a candidate, with its limits and the effects of what acts in it", "[with_best]") {
  const auto capacity = [](auto& memory, std::span<const error>) {
    return memory.allocate(pages{1}) ? memory.capacity() : std::size_t{0};
  };
  const auto got = with_best<fallback<no_room, linux_allocator>, linux_allocator>(capacity, limits{pages{20}});
  CHECK((got && *got == 20 * pages::unit));
  CHECK(refusal_of<fallback<no_room, huge_over<idle_huge>>>() == error{errc::not_supported, step::configure, 0});
}

TEST_CASE("a typedef that this machine supports is selected", "[with_best]") {
  using populated = residing<huge_linux_allocator, residency::populated>;
  if (no_huge_pages() == nullptr) {
    CHECK(refusal_of<huge_linux_allocator>() == std::nullopt);
    if (no_populate_advice() == nullptr) CHECK(refusal_of<populated>() == std::nullopt);
  }
  const bool locks = no_locking() == nullptr && !address_sanitizer && !thread_sanitizer;
  if (locks) CHECK(refusal_of<residing<linux_allocator, residency::locked>>() == std::nullopt);
  CHECK(refusal_of<linux_allocator>() == std::nullopt);
}

TEST_CASE("where no typedef works all reasons are returned in order", "[with_best]") {
  bool visited = false;
  const auto got = with_best<no_room, no_advice>([&](auto&, auto) { visited = true; });
  STATIC_REQUIRE(std::is_same_v<decltype(got), const best_result<void, 2>>);
  REQUIRE_FALSE(got);
  CHECK_FALSE(visited);
  CHECK(got.error()[0] == error{errc::out_of_address_space, step::reserve, linux_kernel::no_memory});
  CHECK(got.error()[1] == error{errc::not_supported, step::configure, linux_kernel::invalid});
}

TEST_CASE("each typedef gets the arguments that it accepts", "[with_best]") {
  using placed = numa_linux_allocator;
  const limits most{pages{5}};
  const auto capacity = [](auto& memory, auto) {
    return memory.allocate(pages{1}).has_value() ? memory.capacity() : 0;
  };
  const placement::prefer absent{.node = 1023}, present{.node = 0};
  const auto first = with_best<placed, linux_allocator>(
      [&](auto& memory, std::span<const error> rejected) {
        if constexpr (std::is_same_v<decltype(memory), placed&>) CHECK(memory.requested().numa.node == 1023);
        CHECK(rejected.size() == (std::is_same_v<decltype(memory), placed&> ? 0 : 1));
        return capacity(memory, rejected);
      },
      absent, most);
  REQUIRE(first);
  CHECK(*first == 5 * 65536);
  REQUIRE(with_best<linux_allocator, placed>(capacity, most, present) == first);
}

TEST_CASE("a typedef that needs no argument gets none", "[with_best]") {
  const auto got = with_best<no_room, linux_allocator>([](auto& memory, auto) { return memory.capacity(); });
  REQUIRE(got);
  CHECK(*got == 0);
}

TEST_CASE("a visitor with state is called once and can move the memory out", "[with_best]") {
  linux_allocator kept;
  int visits = 0;
  auto visitor = [&](auto& memory, auto) {
    ++visits;
    REQUIRE(memory.allocate(pages{2}));
    kept = std::move(memory);
  };
  REQUIRE(with_best<linux_allocator>(visitor));
  CHECK(visits == 1);
  CHECK(kept.size() == 2 * 65536);
}

TEST_CASE("a trial commits one page or the given trial size", "[with_best]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  test_environment::run_isolated("a small RLIMIT_MEMLOCK", [] {
    const rlimit little{256 << 10, 256 << 10};
    test_environment::check(::setrlimit(RLIMIT_MEMLOCK, &little) == 0, "less may be locked");
    // Root is exempt from RLIMIT_MEMLOCK.
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return report_skip("root stays root here");
    using locked = linux_allocator::with_residency<residency::locked>;
    const limits to{pages{1024}};
    const auto grows = [](auto& memory, std::span<const error> rejected) {
      return std::pair(rejected.size(), memory.allocate(pages{1024}).has_value());
    };
    const auto by_a_page = with_best<locked, linux_allocator>(grows, to);
    test_environment::check(by_a_page == std::pair(std::size_t{0}, false), "a page can be locked, and 64 MiB can not");
    const auto by_size = with_best<locked, linux_allocator>(grows, to, trial_size{64 << 20});
    test_environment::check(by_size == std::pair(std::size_t{1}, true), "what cannot give 64 MiB is passed over");
    const auto none = with_best<locked>([](auto&, std::span<const error>) {}, to, trial_size{64 << 20});
    test_environment::check(!none && none.error()[0].at == step::lock, "why is told");
  });
}

TEST_CASE("a trial size above the limit is limit_exceeded and part of a page counts as a page", "[with_best]") {
  const auto tried = [](std::size_t bytes) {
    return with_best<linux_allocator>([](auto&, std::span<const error>) {}, limits{pages{2}}, trial_size{bytes});
  };
  CHECK((tried(0) && tried(1) && tried(65537) && tried(131072)));
  CHECK(tried(131073).error()[0].code == errc::limit_exceeded);
  CHECK(tried(SIZE_MAX).error()[0].code == errc::limit_exceeded);
}

TEST_CASE("a trial releases everything it allocated", "[with_best]") {
  test_environment::run_isolated("with_best", [] {
    test_environment::expect_no_trace([] {
      (void)with_best<no_advice, no_room, huge_linux_allocator, linux_allocator>([](auto&, auto) {});
      (void)with_best<no_advice, no_room>([](auto&, auto) {});
    });
  });
}

}  // namespace
}  // namespace quire::test
