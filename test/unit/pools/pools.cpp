// SPDX-License-Identifier: BSL-1.0
// What a pool hands out, refuses, finds and counts, for any user: several threads, a moved pool, a forked child.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <quire/all_of.hpp>
#include <quire/explain.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/aligned.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/permissive_fake_kernel.hpp"
#include "support/fakes/recording_calls.hpp"
#include "support/process/child.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
constexpr std::size_t wasm_page = 65536;

using plain_pool = pool<linux_allocator, r::zero_high_water>;
static_assert(page_allocator_like<plain_pool::memory>);
static_assert(!std::is_copy_constructible_v<plain_pool> && std::is_nothrow_move_constructible_v<plain_pool>);
static_assert(plain_pool::memory::contract.exact_bound && !plain_pool::memory::contract.releasable);
static_assert(sizeof(plain_pool) == 16);

template <class Pool>
Pool opened(std::uint32_t slots, std::uint64_t maximum = 16) {
  Pool made;
  REQUIRE(made.open({.slots = slots, .maximum = pages{maximum}}));
  return made;
}

TEST_CASE("the slots of a pool are aligned as its memories are", "[pool]") {
  using A = linux_allocator::with_protection<all_of<protection::aligned<2 << 20>, protection::guarded<>>>;
  auto p = opened<pool<A, r::decommit>>(3);
  STATIC_REQUIRE(pool<A, r::decommit>::memory::contract.alignment == 2 << 20);
  STATIC_REQUIRE(pool<linux_allocator, r::decommit, bounds::guard_markers>::memory::contract.alignment <= 65536);
  const auto first = p.acquire(pages{1}), second = p.acquire(pages{1});
  REQUIRE((first && second));
  for (const auto* m : {&*first, &*second}) CHECK(reinterpret_cast<std::uintptr_t>(m->data()) % (2 << 20) == 0);
}

TEST_CASE("a pool that is not open refuses and finds nothing", "[pool]") {
  plain_pool none;
  CHECK(is_refused(none.acquire(pages{1}), errc::not_allocated));
  CHECK((none.slots() == 0 && !none.find(&none) && none.trim() == 0 && none.close()));
  CHECK(none.statistics() == pool_statistics{});
}

TEST_CASE("a pool refuses terms that it cannot keep and reserves nothing", "[pool]") {
  plain_pool p;
  CHECK(is_refused(p.open({.slots = 0, .maximum = pages{1}}), errc::invalid_argument));
  CHECK(is_refused(p.open({.slots = 4, .maximum = pages{1}, .fewest = 5}), errc::invalid_argument));
  CHECK(is_refused(p.open({.slots = 4}), errc::invalid_argument));  // memories of no page
  CHECK(is_refused(p.open({.slots = 1, .maximum = pages{UINT64_MAX}}), errc::limit_exceeded));
  CHECK(is_refused(p.open({.slots = 1, .maximum = pages{UINT64_MAX / 2}}), errc::limit_exceeded));
  test_environment::run_isolated("too much address space", [] {
    test_environment::expect_no_trace([] {
      plain_pool large;
      const auto got = large.open({.slots = UINT32_MAX / 2, .maximum = pages{65536}});
      test_environment::check(!got && got.error().at == step::reserve, "4 GiB each for two billion slots are refused");
      test_environment::check(got.error().code == errc::out_of_address_space, "for lack of address space");
    });
  });
  REQUIRE(p.open({.slots = 1, .maximum = pages{1}}));
  CHECK(is_refused(p.open({.slots = 1, .maximum = pages{1}}), errc::already_allocated));
}

TEST_CASE("a pool that may have fewer slots takes what the address space has", "[pool]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer has taken much of the address space");
  pool<wasm_linux_allocator, r::decommit> p;
  constexpr std::uint32_t more_than_fit = 20000;  // of 8 GiB each, in 128 TiB
  CHECK_FALSE(p.open({.slots = more_than_fit, .maximum = pages{16}}));
  REQUIRE(p.open({.slots = more_than_fit, .maximum = pages{16}, .fewest = 1000}));
  CHECK((p.slots() >= 1000 && p.slots() < more_than_fit));
  const auto last = p.acquire(pages{1});
  REQUIRE(last);
  CHECK(p.find(last->data())->live);
}

TEST_CASE("a memory is refused when all slots are in use and granted when one has come back", "[pool]") {
  auto p = opened<plain_pool>(3);
  std::vector<plain_pool::memory> taken;
  for (int i = 0; i < 3; ++i) taken.push_back(*p.acquire(pages{1}));
  auto none = p.acquire(pages{1});
  REQUIRE_FALSE(none);
  CHECK((none.error().code == errc::limit_exceeded && none.error().at == step::reserve));
  CHECK(none.error().native == 0);  // no call of the system has failed
  for (const explanation& why : {explain(none.error(), taken[0]), explain(none.error(), p)}) {
    CHECK((why.kind == limit_kind::configured && why.owner == "the slots of the pool"));
    CHECK((why.used == 3 * 16 * wasm_page && why.limit == why.used));
  }
  taken.pop_back();
  CHECK(p.acquire(pages{1}));
  CHECK(p.statistics().refused == 1);
}

TEST_CASE("sizes beyond the slots are refused and leave the slot free", "[pool]") {
  auto p = opened<plain_pool>(1);
  CHECK(is_refused(p.acquire(pages{17}), errc::limit_exceeded));
  CHECK(is_refused(p.acquire(pages{1}, pages{17}), errc::limit_exceeded));
  CHECK(is_refused(p.acquire(pages{UINT64_MAX}), errc::limit_exceeded));
  CHECK(is_refused(p.acquire(pages{2}, pages{1}), errc::invalid_argument));
  auto m = p.acquire(pages{1}, pages{2});
  REQUIRE(m);
  CHECK((m->capacity() == 2 * wasm_page && m->grow(pages{1})));
  CHECK(is_refused(m->grow(pages{1}), errc::limit_exceeded));
}

TEST_CASE("a memory that was deallocated returns its slot once and may allocate again", "[pool]") {
  auto p = opened<plain_pool>(1);
  auto m = p.acquire(pages{2});
  REQUIRE(m);
  REQUIRE(m->deallocate(m->data(), m->size()));
  CHECK(is_refused(m->deallocate(nullptr, 0), errc::not_allocated));
  m->set_high_water_mark(1);  // without effect
  CHECK(p.statistics().live == 0);
  auto other = p.acquire(pages{1});
  REQUIRE(other);
  CHECK_FALSE(m->allocate(pages{1}));
  other = std::unexpected(error{});
  REQUIRE(m->allocate(pages{3}, pages{4}));
  CHECK((m->size() == 3 * wasm_page && all_zero(m->bytes()) && p.statistics().live == 1));
}

TEST_CASE("a pool that is moved takes its memories along", "[pool]") {
  auto first = opened<plain_pool>(2);
  auto m = first.acquire(pages{1});
  REQUIRE(m);
  plain_pool second(std::move(first));
  CHECK((first.slots() == 0 && second.find(m->data())->live));
  plain_pool third = opened<plain_pool>(1);
  third = std::move(second);
  CHECK((third.slots() == 2 && third.find(m->data())->live));
  CHECK(third.close().error().code == errc::not_permitted);
  m = std::unexpected(error{});
  CHECK(third.acquire(pages{1}));
  CHECK(third.close());
}

TEST_CASE("memories outlive their pool and the last releases it", "[pool]") {
  test_environment::run_isolated("destroyed", [] {
    test_environment::expect_no_trace([] {
      std::optional<plain_pool> p(std::in_place);
      test_environment::check(p->open({.slots = 100, .maximum = pages{4}}).has_value(), "the pool opens");
      auto one = *p->acquire(pages{1});
      auto other = *p->acquire(pages{2});
      p.reset();
      fill(one.bytes(), 1);
      test_environment::check(other.grow(pages{1}).has_value(), "a memory still grows");
      one = plain_pool::memory(std::move(other));
      fill(one.bytes(), 2);
    });
  });
}

TEST_CASE("every address of a pool is found with its slot and zone", "[pool]") {
  auto p = opened<pool<linux_allocator::with_protection<protection::guarded<2 * 65536, 65536>>, r::decommit>>(3, 4);
  const auto a = *p.acquire(pages{1}, std::nullopt, 7), b = *p.acquire(pages{2}, std::nullopt, 8);
  const auto at = [&](const auto& m, std::ptrdiff_t offset) { return *p.find(m.data() + offset); };
  const auto low = a.data() < b.data() ? a.data() : b.data();
  for (const auto* m : {&a, &b}) {
    const std::uint32_t slot = p.slot_of(*m);
    const std::uint64_t key = m == &a ? 7 : 8;
    const auto size = static_cast<std::ptrdiff_t>(m->size());
    for (const std::ptrdiff_t offset : {std::ptrdiff_t{0}, std::ptrdiff_t{8}, size - 8, size - 1})
      CHECK(at(*m, offset) == found_slot{slot, key, zone::accessible, true});
    for (const std::ptrdiff_t offset : {size, size + 1, size + 8, std::ptrdiff_t{4 * 65536 - 1}})
      CHECK(at(*m, offset) == found_slot{slot, key, zone::reserved, true});
    for (const std::ptrdiff_t offset : {4 * 65536, 4 * 65536 + 1, 5 * 65536 - 1})
      CHECK(at(*m, offset) == found_slot{slot, key, zone::guard_after, true});
  }
  CHECK(p.find(low - 1)->where == zone::guard_before);
  CHECK(p.find(low - 2 * 65536)->where == zone::guard_before);
  CHECK_FALSE(p.find(low - 2 * 65536 - 1));
  CHECK_FALSE(p.find(&p));
}

TEST_CASE("an address of a free slot is found as not in use", "[pool]") {
  auto p = opened<plain_pool>(1);
  const std::byte* stale = nullptr;
  {
    const auto m = *p.acquire(pages{1}, std::nullopt, 42);
    stale = m.data();
  }
  CHECK(*p.find(stale) == found_slot{0, 42, zone::accessible, false});
}

TEST_CASE("slots do not overlap and everything between them faults", "[pool]") {
  using guarded = linux_allocator::with_protection<protection::guarded<65536, 65536>>;
  const auto probe = [](auto& p) {
    using memory = typename std::remove_reference_t<decltype(p)>::memory;
    std::vector<memory> all;
    while (auto m = p.acquire(pages{1})) all.push_back(std::move(*m));
    std::ranges::sort(all, {}, [](const memory& m) { return m.data(); });
    test_environment::check(all.size() == 40, "all slots are handed out");
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i != 0) test_environment::check(all[i].data() - all[i - 1].data() >= 3 * 65536, "a guard lies between");
      for (const std::ptrdiff_t offset : {1, 8}) {
        expect_inaccessible<test_environment>(all[i].data() - offset, fault::either);
        expect_inaccessible<test_environment>(all[i].data() + all[i].size() + offset - 1, fault::either);
        write_to(all[i].data() + offset - 1);
        write_to(all[i].data() + all[i].size() - offset);
      }
      expect_inaccessible<test_environment>(all[i].data() + 2 * 65536, fault::either);  // the guard behind
    }
  };
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{7}}) {
    test_environment::run_isolated("uncommitted", [&] {
      auto p = pool<guarded, r::decommit>();
      test_environment::check(p.open({.slots = 40, .maximum = pages{2}, .seed = seed}).has_value(), "the pool opens");
      probe(p);
    });
    test_environment::run_isolated("guard markers", [&] {
      auto p = pool<guarded, r::decommit, bounds::guard_markers>();
      test_environment::check(p.open({.slots = 40, .maximum = pages{2}, .seed = seed}).has_value(), "the pool opens");
      probe(p);
    });
  }
}

TEST_CASE("a seed decides in which order slots lie, and they are found in any", "[pool]") {
  const auto order_of = [](std::uint64_t seed) {
    pool<linux_allocator, r::decommit, bounds::guard_markers> p;
    REQUIRE(p.open({.slots = 200, .maximum = pages{1}, .seed = seed}));
    std::map<const std::byte*, std::uint32_t> all;
    std::vector<decltype(p)::memory> kept;
    while (auto m = p.acquire(pages{1})) {
      all[m->data()] = p.slot_of(*m);
      CHECK(p.find(m->data() + 100)->slot == p.slot_of(*m));
      kept.push_back(std::move(*m));
    }
    std::vector<std::uint32_t> numbers;
    for (const auto& [address, slot] : all) numbers.push_back(slot);
    return numbers;
  };
  const auto ascending = order_of(0), one = order_of(1), other = order_of(2);
  CHECK((std::ranges::is_sorted(ascending) && ascending.size() == 200));
  CHECK((std::ranges::is_permutation(one, ascending) && std::ranges::is_permutation(other, ascending)));
  CHECK((one != ascending && other != ascending && one != other && one == order_of(1)));
}

TEST_CASE("a key finds its own slot among those of other keys", "[pool]") {
  auto p = opened<plain_pool>(100);
  std::map<std::uint64_t, std::uint32_t> slots;
  for (std::uint64_t key = 1; key <= 8; ++key) {
    const auto m = p.acquire(pages{1}, std::nullopt, key);
    slots[key] = p.slot_of(*m);
  }
  for (int round = 0; round < 3; ++round)
    for (const auto& [key, slot] : slots) {
      const auto m = p.acquire(pages{1}, std::nullopt, key);
      const bool same = p.slot_of(*m) == slot || p.find(m->data())->key == key;
      CHECK(same);
    }
}

using recorded = recording_calls<permissive_fake_kernel>;
using journal = recorded::watcher;
template <class A, class R>
using recorded_pool = pool<typename A::template with_backing<backing::linux_mmap<recorded>>, R>;

std::string calls_made() {
  std::string text;
  for (const made_call& c : journal::take()) text += std::string{name(c.what)} + ' ';
  return text;
}

TEMPLATE_TEST_CASE("a user of the usual size makes no call to get a slot and to return it", "[pool][calls]",
                   linux_allocator, linux_allocator::with_residency<residency::populated>,
                   linux_allocator::with_residency<residency::locked>) {
  auto p = opened<recorded_pool<TestType, r::zero_high_water>>(1);
  (void)p.acquire(pages{2});
  journal::take();
  for (int round = 0; round < 3; ++round) {
    auto m = p.acquire(pages{2});
    REQUIRE(m);
    fill(m->bytes(), 1);
  }
  CHECK(calls_made().empty());
  {
    auto m = p.acquire(pages{2});
    REQUIRE(m->reset(pages{2}));
    CHECK((calls_made().empty() && all_zero(m->bytes())));
  }
  {
    auto m = p.acquire(pages{1});  // a smaller user: the shrink that was put off
    CHECK(calls_made() == "mprotect ");
    REQUIRE(m->protect(0, wasm_page, access::read));
    CHECK(calls_made() == "mprotect ");
  }
  CHECK(calls_made() == "mprotect ");  // everything is writable again
}

TEST_CASE("memories that come back wait until they are cleaned, or no other is left", "[pool]") {
  auto p = opened<pool<linux_allocator, r::deferred<r::zero_all>>>(3);
  const auto use = [&] { fill(p.acquire(pages{2})->bytes(), 1); };
  for (int i = 0; i < 2; ++i) use();
  CHECK(p.statistics().waiting == 2);
  CHECK(p.statistics().recycled == 0);
  CHECK(p.clean_step(1) == 1);
  CHECK(p.statistics().waiting == 1);
  CHECK(p.clean_step() == 1);
  CHECK(p.clean_step() == 0);
  CHECK(p.statistics().recycled == 2);
  std::vector<decltype(p)::memory> all;
  for (int i = 0; i < 3; ++i) all.push_back(*p.acquire(pages{2}));
  CHECK(p.acquire(pages{2}).error().code == errc::limit_exceeded);
  for (auto& m : all) fill(m.bytes(), 1);
  all.clear();
  CHECK(p.statistics().waiting == 3);
  for (int i = 0; i < 3; ++i) CHECK(all_zero(all.emplace_back(*p.acquire(pages{2})).bytes()));
}

TEST_CASE("one call gives back the memory of several users", "[pool][calls]") {
  auto p = opened<recorded_pool<linux_allocator, r::batched_decommit<4>>>(8);
  const auto use_four = [&] {
    std::vector<decltype(p)::memory> all;
    for (int i = 0; i < 4; ++i) fill(all.emplace_back(*p.acquire(pages{2})).bytes(), 1);
    journal::take();
    all.clear();
    return calls_made();
  };
  const std::string calls = use_four();
  CHECK((calls == "process_madvise " || calls == "madvise madvise madvise madvise "));
  use_four();
  for (int i = 0; i < 8; ++i) CHECK(all_zero(p.acquire(pages{2})->bytes()));
}

TEST_CASE("recycling may leave only as much in memory as the terms permit", "[pool]") {
  pool<linux_allocator, r::zero_high_water> p;
  REQUIRE(p.open(
      {.slots = 4, .maximum = pages{16}, .keep_resident = 2 * wasm_page + 1, .keep_resident_in_all = 5 * wasm_page}));
  {
    std::vector<decltype(p)::memory> all;
    for (int i = 0; i < 4; ++i) {
      all.push_back(*p.acquire(pages{8}));
      fill(all.back().bytes(), 1);
    }
  }
  CHECK(p.statistics().resident == 4 * wasm_page);  // two slots of two pages; the others would exceed the sum
  CHECK(p.statistics().warm == 2);
  for (int i = 0; i < 4; ++i) CHECK(all_zero(p.acquire(pages{8})->bytes()));
}

TEST_CASE("trim gives back the memory of free slots and of no other", "[pool]") {
  auto p = opened<plain_pool>(64);
  auto used = *p.acquire(pages{4});
  fill(used.bytes(), 7);
  {
    std::vector<plain_pool::memory> others;
    for (int i = 0; i < 8; ++i) {
      others.push_back(*p.acquire(pages{4}));
      fill(others.back().bytes(), 1);
    }
  }
  CHECK(p.statistics().resident == 8 * 4 * wasm_page);
  CHECK(p.trim(1) == 4 * wasm_page);
  CHECK(p.statistics().warm == 7);
  CHECK(p.trim() == 7 * 4 * wasm_page);
  CHECK((p.statistics().warm == 0 && p.statistics().resident == 0 && p.trim() == 0));
  CHECK(holds(used.bytes(), 7));
  std::vector<plain_pool::memory> again;
  for (int i = 0; i < 8; ++i) {
    again.push_back(*p.acquire(pages{4}));
    CHECK((resident_bytes(again.back().data(), again.back().size()) == 0 && all_zero(again.back().bytes())));
  }
}

/// A process that may have few mappings.
struct limited_mappings : backing::linux_mmap<> {
  static mapping_count count_mappings() noexcept { return {10, 101}; }
};

TEST_CASE("a pool leaves a tenth of the mappings to the program and names that limit", "[pool]") {
  pool<linux_allocator::with_backing<limited_mappings>, r::decommit> p;
  REQUIRE(p.open({.slots = 1000, .maximum = pages{16}, .fewest = 40}));
  CHECK(p.slots() == 40);  // 101 - 10 - 10 that there are, two for each slot
  std::vector<decltype(p)::memory> all;
  for (std::uint32_t i = 0; i < p.slots(); ++i) all.push_back(*p.acquire(pages{1}));
  const auto none = p.acquire(pages{1});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::too_many_mappings);
  const explanation why = explain(none.error(), all[0]);
  CHECK((why.kind == limit_kind::mappings && why.limit == 101 && why.used == 10));
  CHECK(explain(none.error(), p) == why);
  all.clear();
  REQUIRE(p.close());
  CHECK(p.open({.slots = 1000, .maximum = pages{16}}).error().code == errc::too_many_mappings);
}

TEST_CASE("threads that take and return slots at once never meet", "[pool][threads]") {
  auto p = opened<pool<linux_allocator, r::verified<r::zero_high_water>>>(6, 2);
  std::atomic<bool> well = true;
  std::vector<std::thread> threads;
  for (unsigned char id = 1; id <= 4; ++id)
    threads.emplace_back([&, id] {
      for (int round = 0; round < 2000 && well; ++round) {
        auto m = p.acquire(pages{1}, std::nullopt, round % 3 == 0 ? std::uint64_t{id} : 0);
        if (!m) continue;
        const std::span<std::byte> some = m->bytes().first(512);
        if (!all_zero(some)) well = false;
        fill(some, id);
        if (round % 7 == 0 && !m->grow(pages{1})) well = false;
        if (id == 1 && round % 50 == 0) p.trim(65536);
        if (!holds(some, id)) well = false;
        m->set_high_water_mark(512);
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(well);
  CHECK((p.statistics().live == 0 && p.statistics().retired == 0));
  CHECK(r::verified<r::zero_high_water>::leaks == 0);
}

TEMPLATE_TEST_CASE("a thread may clean what waits while others take and return slots", "[pool][threads]",
                   r::deferred<r::zero_high_water>, r::batched_decommit<4>) {
  auto p = opened<pool<linux_allocator, TestType>>(4);
  std::atomic<int> users{2};
  std::atomic<bool> well = true;
  std::vector<std::thread> threads;
  for (int id = 0; id < 2; ++id)
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        auto m = p.acquire(pages{1});
        if (!m || !all_zero(m->bytes().first(4096))) well = false;
        if (!m) break;
        fill(m->bytes().first(4096), 1);
        m->set_high_water_mark(4096);
      }
      --users;
    });
  threads.emplace_back([&] {
    for (int round = 0; users != 0; ++round) {
      p.clean_step(2);
      if (round % 16 == 0) p.trim(4096);
    }
  });
  for (std::thread& t : threads) t.join();
  CHECK(well);
  p.clean_step();
  const pool_statistics seen = p.statistics();
  CHECK((seen.live == 0 && seen.waiting == 0 && seen.retired == 0 && seen.recycled == 1000));
}

TEST_CASE("a forked child recycles its own copy and leaves the parent's alone", "[pool]") {
  pool<linux_allocator, r::zero_dirty> p;
  REQUIRE(p.open({.slots = 2, .maximum = pages{4}}));
  auto kept = *p.acquire(pages{4});
  fill(kept.bytes(), 9);
  test_environment::run_isolated("a child", [&] {
    for (int round = 0; round < 3; ++round) {
      auto m = p.acquire(pages{4});
      test_environment::check(m && all_zero(m->bytes()), "the child's memory is clean");
      if (m) fill(m->bytes(), 5);
    }
    kept = decltype(kept)(std::move(*p.acquire(pages{1})));  // recycles what the parent wrote
    const auto m = p.acquire(pages{4});
    test_environment::check(m && all_zero(m->bytes()), "and what its parent wrote is cleaned");
  });
  CHECK(holds(kept.bytes(), 9));
  CHECK(all_zero(p.acquire(pages{4})->bytes()));
}

}  // namespace
}  // namespace quire::test
