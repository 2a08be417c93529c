// SPDX-License-Identifier: BSL-1.0
// Populating parts of a memory that is in use: over every typedef that has the member, in several threads, with failing
// calls, on kernels without the advice, and at a limit.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <sched.h>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <quire/backing/concurrent.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/pool.hpp>
#include <quire/populate_share.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "fault/errors_of_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/child.hpp"
#include "support/process/huge_pool.hpp"
#include "support/process/limited_group.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "support/test_configs.hpp"
#include "unit/core/populating_cases.hpp"

namespace quire::test {
namespace {

/// Linux before 5.14: neither advice that populates is known.
struct without_advice : calls::linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice == advice_populate_read || advice == advice_populate_write) return invalid;
    return calls::linux_kernel::madvise(p, bytes, advice);
  }
};
/// As there, in a container that hides /proc.
struct without_advice_or_maps : without_advice {
  static int open_to_read(const char*) noexcept { return -ENOENT; }
};
template <class Calls>
using linux_over = linux_allocator::with_backing<backing::linux_mmap<Calls>>;

using namespace quire;
using populating = std::tuple<
    linux_allocator, wasm_linux_allocator, huge_linux_allocator, checked_linux_allocator,
    linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>>,
    linux_allocator::with_page_size<page_size::no_huge>, linux_allocator::with_page_size<page_size::in_units_of<4096>>,
    linux_allocator::with_page_size<page_size::in_units_of<512>>, linux_allocator::with_placement<placement::local>,
    linux_allocator::with_residency<residency::populated>, linux_allocator::with_residency<residency::locked>,
    linux_allocator::with_residency<residency::assured>,
    linux_allocator::with_residency<residency::excluded_from_dumps>, linux_allocator::with_tagging<tagging::checked<>>,
    with_images<linux_allocator>, with_concurrent_growth<linux_allocator>,
    fallback<huge_linux_allocator, linux_allocator>, linux_over<without_advice>>;

TEMPLATE_LIST_TEST_CASE("populating brings pages in and keeps their contents", "[populating]", populating) {
  verify_populate(TestType{});
}

TEMPLATE_LIST_TEST_CASE("pages that may not be written to are not populated", "[populating]", populating) {
  verify_populate_of_protected(TestType{});
}

TEMPLATE_TEST_CASE("threads populate one memory at once", "[populating][threads]", linux_allocator,
                   huge_linux_allocator, linux_allocator::with_residency<residency::locked>,
                   with_concurrent_growth<linux_allocator>, linux_over<without_advice>) {
  for (const unsigned count : {1U, 2U, 3U, 7U}) populate_in_threads(TestType{}, count);
}

TEST_CASE("typedefs with data are populated too", "[populating]") {
  verify_populate(numa_linux_allocator(placement::prefer{.node = 0}));
  verify_populate(linux_allocator::with_placement<placement::interleave>(placement::interleave{.nodes = {0}}));
  memory_partition<linux_allocator::backing_type> partition;
  REQUIRE(partition.open({.name = "populated", .maximum = 1 << 24, .minimum = 1 << 20}));
  verify_populate(with_partition<linux_allocator>(backing::partitioned{partition}));
}

TEST_CASE("what is populated is resident, also after discard", "[populating]") {
  if (const char* const why = no_populating()) return skip(why);
  linux_allocator::with_residency<residency::populated> a;
  REQUIRE(a.allocate(pages{40}));
  REQUIRE(a.discard(0, a.size()));
  CHECK(resident_bytes(a.data(), a.size()) == 0);
  CHECK(a.populate(65536, 3 * 65536));
  CHECK(resident_bytes(a.data(), a.size()) == 3 * 65536);
}

TEST_CASE("memories of a pool are populated, and clean for the next user", "[populating]") {
  pool<linux_allocator, recycling::zero_dirty> slots;
  REQUIRE(slots.open({.slots = 1, .maximum = pages{8}}));
  for (int round = 0; round < 2; ++round) {
    auto memory = slots.acquire(pages{4});
    REQUIRE(memory);
    CHECK(all_zero(memory->bytes()));
    CHECK(memory->populate(0, memory->size()));
    fill(memory->bytes(), 1);
  }
}

TEST_CASE("what a memory of a pool has populated counts for what the pool may keep", "[populating][threads]") {
  if (const char* const why = no_populating()) return skip(why);
  constexpr std::size_t keep = 65536, any = SIZE_MAX;
  for (const auto& [in_one, in_all] : {std::pair{keep, any}, std::pair{any, keep}, std::pair{any, any}}) {
    pool<linux_allocator, recycling::zero_high_water> slots;
    REQUIRE(slots.open({.slots = 1, .maximum = pages{8}, .keep_resident = in_one, .keep_resident_in_all = in_all}));
    std::byte* at = nullptr;
    {
      auto memory = slots.acquire(pages{8});
      REQUIRE(memory);
      at = memory->data();
      std::vector<std::thread> threads;
      for (unsigned i = 0; i < 3; ++i) threads.emplace_back([&memory, i] { (void)populate_share(*memory, i, 3); });
      for (std::thread& each : threads) each.join();
      CHECK(slots.statistics().resident == 8 * 65536);
      memory->set_high_water_mark(4096);
    }
    const std::size_t left = resident_bytes(at, 8 * 65536);
    CHECK(left <= std::min(in_one, in_all));
    CHECK(left <= slots.statistics().resident);
  }
}

/// Counts the calls that populate.
struct counted : calls::linux_kernel {
  static inline int calls = 0;
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    calls += advice == advice_populate_write ? 1 : 0;
    return calls::linux_kernel::madvise(p, bytes, advice);
  }
};

TEST_CASE("populating takes one call per 2 MiB, and none where pages are always there", "[populating]") {
  linux_over<counted> a;
  REQUIRE(a.allocate(pages{100}));
  counted::calls = 0;
  CHECK(a.populate(0, a.size()));
  CHECK(counted::calls == 4);
  using of_pool = failing<linux_allocator::with_page_size<page_size::explicit_huge<std::size_t{2} << 20>>>;
  using journal = failing_store::calls::watcher;
  auto pool = of_pool::make();
  journal::forget();
  REQUIRE(pool.allocate(pages{64}));
  journal::arm();
  std::size_t done = 0;
  CHECK(pool.populate(0, 2 << 20, &done));
  CHECK(done == 2 << 20);
  CHECK(journal::made.empty());
}

TEST_CASE("without the advice, pages are touched only where the kernel tells that they may be", "[populating]") {
  linux_over<without_advice_or_maps> a;
  REQUIRE(a.allocate(pages{2}));
  const auto refused = a.populate(0, a.size());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_supported);
  verify_populate_of_protected(linux_over<without_advice>{});
}

TEST_CASE("a failing call reports what was populated before it", "[populating][fault]") {
  using journal = failing_store::calls::watcher;
  auto a = failing<linux_allocator>::make();
  journal::forget();
  REQUIRE(a.allocate(pages{128}));
  fill(a.bytes(), 0x34);
  for (const std::size_t at : {0U, 1U, 3U})
    for (const int code : errors_of(call::madvise)) {
      if (code == EINVAL) continue;  // asks whether the kernel knows the advice
      journal::arm({at, {code, true}});
      std::size_t done = 7;
      const auto refused = a.populate(0, a.size(), &done);
      journal::arm();
      REQUIRE_FALSE(refused);
      CHECK(refused.error().native == code);
      CHECK(refused.error().at == step::populate);
      CHECK(done == at * (std::size_t{2} << 20));
      CHECK(holds(a.bytes(), 0x34));
      CHECK(a.populate(0, a.size()));
    }
  journal::arm({1, {EINVAL, false}});
  CHECK(a.populate(0, a.size()).error().code == errc::not_permitted);
  journal::arm();
}

TEST_CASE("shares cover a memory, whatever their number", "[populating]") {
  for (const std::size_t end :
       {std::size_t{0}, std::size_t{4096}, std::size_t{65536} * 7, (std::size_t{2} << 20) * 5 + 4096})
    for (const unsigned count : {1U, 2U, 3U, 64U, 100'000U, ~0U}) {
      std::size_t at = 0;
      for (unsigned i = 0; i < std::min(count, 200U); ++i) {
        const population_share share = detail::share_of(end, 4096, i, count);
        CHECK(share.offset == at);
        CHECK((share.offset % 4096 == 0 && share.bytes % 4096 == 0));
        at += share.bytes;
      }
      CHECK((count > 200 ? at <= end : at == end));
      const population_share last = detail::share_of(end, 4096, count - 1, count);
      CHECK(last.offset + last.bytes == end);
    }
  const population_share half = detail::share_of((std::size_t{2} << 20) * 3, 4096, 0, 2);
  CHECK(half.bytes == std::size_t{4} << 20);  // whole huge pages
  linux_allocator a;
  population_share told{.offset = 1, .bytes = 1, .done = 1, .node = 1};
  CHECK(is_refused(populate_share(a, 0, 0), errc::invalid_argument));
  CHECK(is_refused(populate_share(a, 2, 2, &told), errc::invalid_argument));
  CHECK(told == population_share{});
  CHECK(is_refused(populate_share(a, 0, 1), errc::not_allocated));
}

TEST_CASE("neighbouring shares are for one node of those that the placement names", "[populating]") {
  const auto node = [](const auto& policy, unsigned i, unsigned count) {
    attributes a;
    policy.request(a);
    return detail::node_of_share(a.numa, i, count);
  };
  const placement::bind three{.nodes = {1, 4, 9}};
  for (unsigned i = 0; i < 6; ++i) CHECK(node(three, i, 6) == (i < 2 ? 1U : i < 4 ? 4U : 9U));
  CHECK(node(three, 0, 1) == 1U);
  CHECK(node(three, 1, 2) == 4U);
  CHECK(node(placement::prefer{.node = 5}, 3, 7) == 5U);
  CHECK(node(placement::local{}, 0, 1) == std::nullopt);
  CHECK(node(placement::anywhere{}, 0, 1) == std::nullopt);
}

/// A machine whose node 0 has the last processor that this thread may use, and node 1 none of these.
struct two_nodes : calls::linux_kernel {
  static inline std::vector<unsigned> ran_on;
  static inline int set_error = 0, sets = 0;
  static int mbind(void*, std::size_t, int, const unsigned long*, unsigned long) noexcept { return 0; }
  static int get_mempolicy(int* mode, unsigned long* mask, unsigned long, const void*, unsigned long) noexcept {
    *mode = numa_default;
    mask[0] = 3;
    return 0;
  }
  static int open_to_read(const char* path) noexcept {
    return std::string_view(path).find("node1/") == std::string_view::npos ? 1000 : 1001;
  }
  static long read(int fd, void* buffer, std::size_t) noexcept {
    cpu_set_t allowed;
    (void)::sched_getaffinity(0, sizeof allowed, &allowed);
    std::size_t last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &allowed)) --last;
    const std::string text = fd == 1001 ? "5000-5003\n" : "0-0," + std::to_string(last) + "\n";
    std::copy(text.begin(), text.end(), static_cast<char*>(buffer));
    return static_cast<long>(text.size());
  }
  static void close(int) noexcept {}
  static int set_thread_processors(const unsigned long* mask, std::size_t bytes) noexcept {
    ++sets;
    return set_error != 0 ? set_error : calls::linux_kernel::set_thread_processors(mask, bytes);
  }
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    cpu_set_t now;
    (void)::sched_getaffinity(0, sizeof now, &now);
    if (advice == advice_populate_write) ran_on.push_back(static_cast<unsigned>(CPU_COUNT(&now)));
    return calls::linux_kernel::madvise(p, bytes, advice);
  }
};

TEST_CASE("a thread populates on the processors of its node, and runs where it did afterwards", "[populating]") {
  cpu_set_t before, after;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  using A = linux_over<two_nodes>::with_placement<placement::bind>;
  A a{placement::bind{.nodes = {0, 1}}};
  REQUIRE(a.allocate(pages{128}));
  population_share told;
  two_nodes::ran_on.clear();
  CHECK(populate_share(a, 0, 2, &told));
  CHECK(told == population_share{.offset = 0, .bytes = 4 << 20, .done = 4 << 20, .node = 0});
  CHECK(two_nodes::ran_on.size() == 2);
  CHECK(two_nodes::ran_on.front() <= 2);
  CHECK(two_nodes::sets == 2);
  CHECK(populate_share(a, 1, 2, &told));  // its processors are none of this thread's
  CHECK(told == population_share{.offset = 4 << 20, .bytes = 4 << 20, .done = 4 << 20, .node = std::nullopt});
  CHECK(two_nodes::sets == 2);
  two_nodes::set_error = EPERM;
  CHECK(populate_share(a, 0, 2, &told));
  CHECK(told.node == std::nullopt);
  two_nodes::set_error = 0;
  REQUIRE(::sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("at a control group's limit assured memory is refused in the middle, and what was populated stays",
          "[populating][limits]") {
  if (const char* const why = no_populating()) return skip(why);
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer's own memory counts");
  constexpr std::size_t mib = std::size_t{1} << 20;
  limited_group group(48 * mib, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  const child_report told = run_in_child([&] {
    linux_allocator::with_residency<residency::assured> a;
    if (!a.allocate(pages{64 * 16}) || !a.discard(0, a.size())) return report_skip("no 64 MiB before the limit");
    if (!group.enter()) return report_skip("the group may not be entered");
    std::size_t in = 0;
    quire::result<void> got;
    while (in < a.size() && (got = a.populate(in, mib))) in += mib;
    test_environment::check(!got && got.error().code == errc::out_of_memory, "it is refused before the kernel kills");
    test_environment::check(in >= 16 * mib && in < 48 * mib, "near the limit");
    test_environment::check(resident_bytes(a.data(), in) == in, "what was populated is in memory");
    test_environment::check(a.discard(0, in / 2).has_value() && a.populate(0, mib).has_value(), "room can be made");
  });
  if (told.skipped != nullptr) return skip(told.skipped);
  CHECK(told.signal == 0);
  CHECK(told.failures == 0);
  CHECK(told.finished);
}

}  // namespace
}  // namespace quire::test
