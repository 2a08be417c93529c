// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the member `populate` does, on any system that has it.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include <quire/populate_share.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {

/// Eight granules, and at least 2.5 MiB.
template <class A>
[[nodiscard]] typename A::pages some_pages(const A& a) {
  return pages_of<A>(std::max<std::size_t>(8 * granule_of(a), 40 * 65536));
}

/// Contents of any kind stay, and no refusal changes them.
template <class A>
void verify_populate(A a) {
  std::size_t done = 1;
  CHECK(is_refused(a.populate(0, 0, &done), errc::not_allocated));
  CHECK(done == 0);
  REQUIRE(a.allocate(some_pages(a)));
  const std::size_t end = accessible_end(a), g = granule_of(a);
  for (std::size_t i = 0; i < a.size(); i += 2 * g) fill(a.bytes().subspan(i, g), 0x31);
  const A& constant = a;
  CHECK(constant.populate(0, end, &done));
  CHECK(done == end);
  CHECK(constant.populate(g, 0, &done));
  CHECK(done == 0);
  CHECK(constant.populate(g, g));
  CHECK(is_refused(a.populate(1, g, &done), errc::invalid_argument));
  CHECK(is_refused(a.populate(0, 1), errc::invalid_argument));
  CHECK(is_refused(a.populate(0, end + g), errc::out_of_range));
  CHECK(is_refused(a.populate(end + g, 0), errc::out_of_range));
  CHECK(is_refused(a.populate(align_down(SIZE_MAX, g), g), errc::out_of_range));
  CHECK(done == 0);
  for (std::size_t i = 0; i < a.size(); i += 2 * g) {
    CHECK(holds(a.bytes().subspan(i, g), 0x31));
    CHECK(all_zero(a.bytes().subspan(i + g, g)));
  }
}

/// Pages of a memory that may not be written to are refused, and those before them are in.
template <class A>
void verify_populate_of_protected(A a) {
  REQUIRE(a.allocate(some_pages(a)));
  const std::size_t g = granule_of(a);
  fill(a.bytes(), 0x32);
  for (const access closed : {access::read, access::none}) {
    REQUIRE(a.protect(4 * g, g, closed));
    std::size_t done = 0;
    const auto refused = a.populate(0, 6 * g, &done);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::not_permitted);
    CHECK(refused.error().at == step::populate);
    CHECK(done <= 4 * g);
    CHECK(a.populate(0, 4 * g));
    CHECK(a.populate(5 * g, g));
    REQUIRE(a.protect(4 * g, g, access::read_write));
    CHECK(a.populate(0, 6 * g));
  }
  CHECK(holds(a.bytes(), 0x32));
}

/// Threads that populate all shares, and each some of another's, while others write what they must find afterwards.
template <class A>
void populate_in_threads(A a, unsigned count) {
  REQUIRE(a.allocate(some_pages(a)));
  std::vector<population_share> shares(count);
  std::atomic<unsigned> waiting{count + 1};
  std::atomic<bool> well{true};
  std::vector<std::thread> threads;
  const auto meet = [&] {
    --waiting;
    while (waiting != 0) std::this_thread::yield();
  };
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      meet();
      if (!populate_share(a, i, count, &shares[i]) || !a.populate(0, granule_of(a))) well = false;
    });
  threads.emplace_back([&] {
    meet();
    for (std::size_t i = 16; i < a.size(); i += 4096) a.data()[i] = std::byte{0x33};
  });
  for (std::thread& each : threads) each.join();
  CHECK(well);
  std::size_t end = 0, wrong = 0;
  for (const population_share& each : shares) {
    CHECK(each.offset == end);
    CHECK(each.done == each.bytes);
    end += each.bytes;
  }
  CHECK(end == accessible_end(a));
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.data()[i] != (i % 4096 == 16 ? std::byte{0x33} : std::byte{0})) ++wrong;
  CHECK(wrong == 0);
}

}  // namespace quire::test
