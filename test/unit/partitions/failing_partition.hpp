// SPDX-License-Identifier: BSL-1.0
#pragma once
// Each call behind a partition and its memories fails in turn: nothing is lost, nothing stays charged, and the
// operation can be repeated.
#include <cstddef>
#include <initializer_list>

#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {

/// Makes one of the calls that consult it fail.
struct one_failure {
  static inline std::size_t made = 0, failing = ~std::size_t{0};
  static inline int with = 0;
  static inline bool happened = false;  // since the last arm()

  static bool fails() noexcept { return made++ == failing; }
  static void arm(std::size_t at, int code) noexcept {
    made = 0;
    failing = at;
    with = code;
    happened = false;
  }
  static void disarm() noexcept {
    happened = happened || made > failing;
    failing = ~std::size_t{0};
  }
};

/// Runs `f(code)` with the first call failing, then the second, and so on, until none fails.
template <class F>
void with_each_call_failing(std::initializer_list<int> codes, F f) {
  for (const int code : codes) {
    std::size_t at = 0;
    do {
      INFO("call " << at << " fails with " << code);
      one_failure::arm(at++, code);
      f(code);
      one_failure::disarm();
    } while (one_failure::happened);
    CHECK(at > 1);
  }
}

/// `A` draws from a partition, and one call of its store fails. `clean()` returns whether the system holds nothing
/// more.
template <class A, class Store, class Clean>
void partition_survives_one_failure(std::size_t minimum, bool locked, Clean clean) {
  constexpr std::size_t page = 65536;
  memory_partition<Store> p;
  const partition_terms terms{.name = "fragile", .maximum = 16 * page, .minimum = minimum, .locked = locked};
  if (const auto opened = p.open(terms); !opened) {
    CHECK((opened.error().at == step::populate && p.maximum() == 0 && clean()));
    return;
  }
  A a{backing::partitioned{p}};
  if (a.allocate(pages{2}, pages{8})) {
    fill(a.bytes(), 0x11);
    if (!a.grow(pages{4}) && a.grow(pages{0})) CHECK((a.size() == 2 * page && holds(a.bytes(), 0x11)));
    if (a.grow(pages{0})) CHECK(p.charged() == a.size());
    if constexpr (discarding_store<Store>)
      if (a.discard(0, page)) CHECK(all_zero(a.bytes().first(page)));
    if (a.size() > page && a.shrink(pages{1})) CHECK(p.charged() == a.size());
    if (a.grow(pages{0}) && a.reset(pages{3})) CHECK((all_zero(a.bytes()) && p.charged() == a.size()));
    if (!a.deallocate(a.data(), a.size())) REQUIRE(a.deallocate(a.data(), a.size()));
  }
  CHECK(p.charged() == 0);
  A b{backing::partitioned{p}};
  if (b.allocate(pages{8})) CHECK(all_zero(b.bytes()));
  if (b.data() != nullptr && !b.deallocate(b.data(), b.size())) REQUIRE(b.deallocate(b.data(), b.size()));
  CHECK((p.charged() == 0 && p.close()));
}

}  // namespace quire::test
