// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes each call of each operation of a pool fail, completely and halfway. Whatever fails: no byte of one user reaches
// the next, no slot is lost silently, and nothing stays mapped.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <sys/mman.h>
#include <utility>
#include <vector>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_calls.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {

inline constexpr std::uint32_t slots_that_fail = 3;

/// A pool over failing calls, and the injector of its calls.
template <class A, class R, class B = bounds::uncommitted>
struct failing_pool {
  using pool_type = pool<A, R, B>;
  using memory = typename pool_type::memory;
  using calls = typename A::backing_type::calls;
  using injector = typename calls::watcher;
  using P = typename A::pages;
  static constexpr bool seals = B::seals, keys = has_keys<B>;
};

inline bool is_sealed(const std::byte* page) {
  return ::mprotect(const_cast<std::byte*>(page), 4096, PROT_READ) != 0 && errno == EPERM;
}

template <class S>
struct operation_of_pool {
  const char* name;
  bool opens;                           // the pool is not open at first
  void (*run)(typename S::pool_type&);  // returns whatever it has acquired
};

template <class S>
typename S::P chunks_of(std::size_t n) {
  return typename S::P{n * chunk / S::P::unit};
}
template <class S>
void open_pool(typename S::pool_type& p) {
  (void)p.open({.slots = slots_that_fail, .maximum = chunks_of<S>(8)});
  if constexpr (S::keys) hold_all_keys<typename S::calls>();  // a thread does not hold a new key
}
/// A user that fills all it has, and what it gets by growing.
template <class S>
void use(typename S::pool_type& p, std::size_t initial, auto and_then) {
  auto m = p.acquire(chunks_of<S>(initial));
  if (!m) return;
  fill(m->bytes(), 0xab);
  and_then(*m);
}

/// Two users in turn that start from one image; what they see of it is what it has.
template <class S>
void start_from_an_image(typename S::pool_type& p) {
  using M = typename S::memory;
  const std::vector<std::byte> contents(3 * chunk / 2, std::byte{0x5a});
  const auto image = M::image::from(contents);
  if (!image) return;
  const auto shows_it = [&](const M& m) {
    const auto all = m.bytes();
    test_environment::check(std::equal(contents.begin(), contents.end(), all.begin() + chunk), "the image is there");
    test_environment::check(all_zero(all.first(chunk)) && all_zero(all.subspan(chunk + contents.size())),
                            "and zeros around it");
  };
  for (int i = 0; i < 2; ++i) {
    auto m = p.acquire_from(*image, chunk, chunks_of<S>(4));
    if (!m) continue;
    shows_it(*m);
    fill(m->bytes(), 0xab);
    if constexpr (can_discard<M>) (void)m->discard(2 * chunk, chunk);
    if (m->reset(chunks_of<S>(5))) {
      shows_it(*m);
      fill(m->bytes(), 0xab);
    }
    if (m->shrink(chunks_of<S>(3)) && m->reset(chunks_of<S>(4))) shows_it(*m);
  }
}

template <class S>
std::vector<operation_of_pool<S>> operations_of_pool() {
  using pool_type = typename S::pool_type;
  using M = typename S::memory;
  static constexpr auto nothing = [](M&) {};
  static constexpr auto images = [](pool_type& p) {
    if constexpr (requires { typename M::image; }) start_from_an_image<S>(p);
  };
  return {
      {"open", true, [](pool_type& p) { open_pool<S>(p); }},
      {"open and close", true,
       [](pool_type& p) {
         open_pool<S>(p);
         (void)p.close();
       }},
      {"a first user", false, [](pool_type& p) { use<S>(p, 4, nothing); }},
      {"three users after another", false,
       [](pool_type& p) {
         use<S>(p, 4, nothing);
         use<S>(p, 2, nothing);
         use<S>(p, 6, nothing);
       }},
      {"a user that grows and shrinks", false,
       [](pool_type& p) {
         use<S>(p, 2, [](M& m) {
           if (m.grow(chunks_of<S>(4))) fill(m.bytes(), 0xab);
           if (m.shrink(chunks_of<S>(3)) && m.grow(chunks_of<S>(1))) fill(m.bytes(), 0xab);
         });
       }},
      {"a user that protects", false,
       [](pool_type& p) {
         if constexpr (can_protect<M>) use<S>(p, 4, [](M& m) { (void)m.protect(0, 2 * chunk, access::read); });
         if constexpr (can_protect<M>) use<S>(p, 4, [](M& m) { (void)m.protect(chunk, chunk, access::none); });
       }},
      {"a user that resets", false,
       [](pool_type& p) {
         use<S>(p, 4, [](M& m) {
           if (m.reset(chunks_of<S>(6))) fill(m.bytes(), 0xab);
           if (m.reset(chunks_of<S>(1))) fill(m.bytes(), 0xab);
         });
       }},
      {"a user that discards", false,
       [](pool_type& p) {
         if constexpr (can_discard<M>) use<S>(p, 4, [](M& m) { (void)m.discard(chunk, 2 * chunk); });
       }},
      {"users that start from an image", false, images},
      {"a step of cleaning", false,
       [](pool_type& p) {
         use<S>(p, 4, nothing);
         use<S>(p, 2, nothing);
         if constexpr (requires { p.clean_step(); }) (void)p.clean_step();
       }},
      {"trim", false,
       [](pool_type& p) {
         use<S>(p, 4, nothing);
         (void)p.trim();
         use<S>(p, 2, nothing);
       }},
  };
}

/// Every slot that is left is clean, writable, and as large as promised.
template <class S>
void expect_clean(typename S::pool_type& p) {
  if (p.slots() == 0) return;
  std::vector<typename S::memory> all;
  while (auto m = p.acquire(chunks_of<S>(8))) {
    test_environment::check(all_zero(m->bytes()), "a new user finds zeros");
    fill(m->bytes(), 1);
    all.push_back(std::move(*m));
  }
  test_environment::check(all.size() + p.statistics().retired == slots_that_fail, "each slot is handed out or retired");
}

template <class S>
bool attempt(const operation_of_pool<S>& op, failure_plan plan) {
  using injector = typename S::injector;
  injector::forget();
  bool happened = false;
  {
    typename S::pool_type p;
    if (!op.opens) open_pool<S>(p);
    if (!op.opens) use<S>(p, 3, [](auto&) {});
    injector::arm(plan);
    op.run(p);
    happened = !injector::failed.empty();
    const char* const what = happened ? name(injector::failed[0].what) : "nothing";
    injector::disarm();
    set_context("[%s: call %zu, %s, fails with %d%s]", op.name, plan.at, what, plan.how.code,
                plan.how.halfway ? " halfway" : "");
    expect_clean<S>(p);
    if (happened && effect_of(injector::failed[0]) == effect::unmaps) return true;  // only address space is lost
  }
  for (const auto& left : injector::mapped.all())
    test_environment::check(S::seals && is_sealed(left.begin), "nothing is left mapped, unless it is sealed");
  test_environment::check(!injector::touched_foreign_memory, "calls stay within what is mapped");
  return happened;
}

/// `codes`: the system's, for every call.
template <class S>
void survive_every_failure_of_a_pool(std::initializer_list<int> codes = {ENOMEM, EPERM, EAGAIN, EINVAL}) {
  for (const auto& op : operations_of_pool<S>())
    test_environment::run_isolated(op.name, [&] {
      for (const bool halfway : {false, true})
        for (const int code : codes)
          for (std::size_t at = 0; attempt<S>(op, {at, {code, halfway}}); ++at) {
          }
    });
}

}  // namespace quire::test
