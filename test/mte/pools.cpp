// SPDX-License-Identifier: BSL-1.0
// Pools of tagged memories: neighbours have different tags, and a pointer of a former user traps.
#include <cstddef>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include <quire/classify_fault.hpp>
#include <quire/pool.hpp>
#include <quire/residency/populated.hpp>

#include "conformance/common.hpp"
#include "mte/checking.hpp"
#include "support/catch/test_environment.hpp"
#include "support/conformance.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/pools/every_failure.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
using tagged_pool = pool<tagged_allocator, r::zero_all>;
using retagging = with<tagging::mte<>::retag_on_reset>;

static_assert(tagged_pool::memory::contract.base_is_tagged);
static_assert(detail::next_tag(0, 0xfffe) == 1 && detail::next_tag(15, 0xfffe) == 1 &&
              detail::next_tag(2, 0x0014) == 4);
static_assert(detail::next_tag(4, 0x0014) == 2 && detail::next_tag(4, 0x0010) == 4);

void check(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}
void isolated(const char* name, auto f) {
  test_environment::run_isolated(name, [&] {
    const tagging::mte_thread_scope scope;
    f();
  });
}
void expect_trap(std::byte* p, const std::source_location& where = std::source_location::current()) {
  const auto got = catch_fault([](void* at) { write_to(static_cast<std::byte*>(at)); }, p);
  check(got.signal == SIGSEGV && got.code == 9, "it traps, as SEGV_MTESERR", where);
}

TEST_CASE("neighbours in a pool have different tags, and so have users after another", "[mte][pool]") {
  REQUIRE_TAGS();
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{3}})
    isolated("neighbours", [=] {
      tagged_pool p;
      check(p.open({.slots = 20, .maximum = pages{2}, .seed = seed}).has_value(), "the pool opens");
      for (int generation = 0; generation < 9; ++generation) {
        std::vector<tagged_pool::memory> all;
        while (auto m = p.acquire(pages{1})) all.push_back(std::move(*m));
        check(all.size() == 20, "all slots are handed out");
        std::ranges::sort(all, {}, [](const auto& m) { return without_tag_in(m.data()); });
        for (std::size_t i = 0; i < all.size(); ++i) {
          check(tag_in(all[i].data()) != 0 && all_tagged(all[i].bytes(), tag_in(all[i].data())), "tagged");
          check(i == 0 || tag_in(all[i].data()) != tag_in(all[i - 1].data()), "unlike its neighbour");
          check(p.find(all[i].data())->slot == p.slot_of(all[i]), "and found by its pointer");
        }
      }
    });
  isolated("users", [] {
    tagged_pool p;
    check(p.open({.slots = 1, .maximum = pages{2}}).has_value(), "the pool opens");
    std::vector<unsigned> seen;
    for (int user = 0; user < 14; ++user) seen.push_back(tag_in(p.acquire(pages{1})->data()));
    for (std::size_t i = 0; i + 7 <= seen.size(); ++i)
      check(std::set<unsigned>(&seen[i], &seen[i] + 7).size() == 7, "no tag comes back before six others were there");
  });
}

/// What one user after another finds, and what its pointers are worth afterwards.
template <class Pool>
void follow_users() {
  Pool p;
  check(p.open({.slots = 2, .maximum = pages{8}}).has_value(), "the pool opens");
  std::byte* stale = nullptr;
  for (int user = 0; user < 6; ++user) {
    auto m = p.acquire(pages{2}, pages{8});
    check(m.has_value(), "a slot is free");
    if (!m) return;
    const auto is_whole = [&] { return all_tagged(m->bytes(), tag_in(m->data())); };
    check(is_whole() && all_zero(m->bytes()), "its pages are tagged and zero");
    if (stale != nullptr && without_tag_in(stale) == without_tag_in(m->data())) expect_trap(stale);
    fill(m->bytes(), 0xab);
    check(m->grow(pages{3}) && is_whole() && all_zero(m->bytes().subspan(2 * chunk)), "it grows");
    fill(m->bytes(), 0xcd);
    check(m->discard(chunk, chunk) && is_whole() && all_zero(m->bytes().subspan(chunk, chunk)), "it discards");
    check(m->shrink(pages{2}) && m->grow(pages{1}) && is_whole(), "it shrinks, and grows again");
    const unsigned before = tag_in(m->data());
    check(m->reset(pages{static_cast<unsigned>(user)}) && is_whole() && all_zero(m->bytes()), "it is reset");
    check((tag_in(m->data()) != before) == Pool::memory::contract.base_bits_change_on_reset,
          "with its tag, or another");
    check(m->grow(pages{2}) && is_whole(), "it grows after that");
    fill(m->bytes(), 0xef);
    stale = m->data();
    if (user % 3 == 2) m->set_high_water_mark(m->size());
    const bool waits = requires { p.clean_step(); };
    check(m->deallocate(m->data(), m->size()).has_value(), "it is returned");
    if constexpr (requires { p.clean_step(); }) p.clean_step();
    if (!waits || user % 2 == 0) {
      const auto got = catch_fault([](void* at) { write_to(static_cast<std::byte*>(at)); }, stale);
      check(got.signal == SIGSEGV, "and its pointer traps, whether or not the pages are still there");
    }
    if (user == 3) p.trim();
  }
  check(p.statistics().retired == 0 && p.close(), "all slots are clean");
}

TEST_CASE("whatever the recycling, pages are zero and tagged anew for the next user", "[mte][pool]") {
  REQUIRE_TAGS();
  isolated("zero_all", follow_users<tagged_pool>);
  isolated("decommit", follow_users<pool<tagged_allocator, r::decommit>>);
  isolated("zero_dirty", follow_users<pool<tagged_allocator, r::zero_dirty>>);
  isolated("adaptive", follow_users<pool<tagged_allocator, r::adaptive>>);
  isolated("verified", follow_users<pool<tagged_allocator, r::verified<r::zero_high_water>>>);
  isolated("deferred", follow_users<pool<tagged_allocator, r::deferred<r::zero_all>>>);
  isolated("batched", follow_users<pool<tagged_allocator, r::batched_decommit<2>>>);
  isolated("retagging", follow_users<pool<retagging, r::zero_all>>);
  isolated("populated", follow_users<pool<tagged_allocator::with_residency<residency::populated>, r::zero_all>>);
}

TEST_CASE("a thread that does not check tags takes no tagged memory, but may return one", "[mte][pool]") {
  REQUIRE_TAGS();
  isolated("threads", [] {
    tagged_pool p;
    check(p.open({.slots = 1, .maximum = pages{2}}).has_value(), "the pool opens");
    auto m = p.acquire(pages{1});
    fill(m->bytes(), 1);
    std::thread([&] {
      const tagging::mte_thread_scope off{tag_checks::none};
      const auto refused = p.acquire(pages{1});
      check(!refused && refused.error().code == errc::not_permitted, "it takes none");
      m = std::unexpected(error{});
    }).join();
    check(p.statistics().live == 0, "no slot is lost");
    m = p.acquire(pages{1});
    check(m && all_zero(m->bytes()), "and the one that was returned is clean");
  });
}

TEST_CASE("a thread that excludes tags gets another of the slot's, or none", "[mte][pool]") {
  REQUIRE_TAGS();
  test_environment::run_isolated("masks", [] {
    const tagging::mte_thread_scope scope{tag_checks::synchronous, 0x0140};  // 6 and 8
    tagged_pool p;
    check(p.open({.slots = 2, .maximum = pages{2}}).has_value(), "the pool opens");
    auto even = p.acquire(pages{1});
    check(even && (even->tag() == 6 || even->tag() == 8) && all_tagged(even->bytes(), even->tag()), "one of those");
    const auto odd = p.acquire(pages{1});
    check(!odd && odd.error().code == errc::not_permitted, "its neighbour would need an odd one");
    check(p.statistics().live == 1, "no slot is lost");
    const unsigned first = even->tag();
    even = std::unexpected(error{});
    even = p.acquire(pages{1});
    if (!even) even = p.acquire(pages{1});
    check(even && even->tag() != first, "the next user has the other");
  });
}

template <class A, class R>
struct pooled_in_checking_thread : pooled<A, R> {
  static const char* missing() {
    const char* const why = in_checking_thread<pooled<A, R>>::missing();
    return why != nullptr ? why : pooled<A, R>::missing();
  }
};
using pooled_tagged = std::tuple<pooled_in_checking_thread<tagged_allocator, r::zero_all>,
                                 pooled_in_checking_thread<tagged_allocator, r::decommit>,
                                 pooled_in_checking_thread<retagging, r::zero_dirty>>;

TEMPLATE_LIST_TEST_CASE("a tagged memory of a pool passes the conformance cases", "[mte][pool][conformance]",
                        pooled_tagged) {
  if (const char* const why = TestType::missing()) return skip(why);
  if (const char* const why = no_clearing_through_tags()) return skip(why);
  conform<TestType>();
}

TEST_CASE("whichever call of a pool of tagged memories fails no byte passes to the next user", "[mte][pool][fault]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  using failing_tagged = tagged_allocator::with_backing<failing_store>;
  // Not EINVAL, which leads to advice that emulators in user mode accept and do not follow.
  survive_every_failure_of_a_pool<failing_pool<failing_tagged, r::decommit>>({ENOMEM});
}

}  // namespace
}  // namespace quire::test
