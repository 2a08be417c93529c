// SPDX-License-Identifier: BSL-1.0
#pragma once
// Conformance cases for grow and shrink.
#include "common.hpp"

namespace quire::test {

template <environment S, config M>
void grow_returns_the_previous_size() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = allocated<S, M>(2 * chunk, 9 * chunk);
  std::byte* const base = a.data();
  fill(a.bytes(), 0x12);
  S::check(a.grow(chunks<A>(2), chunks<A>(3)) == chunks<A>(2), "grow returns the previous size");
  S::check(a.size() == 5 * chunk && a.size_pages() == chunks<A>(5), "and adds to it");
  S::check(a.grow(chunks<A>(1)) == chunks<A>(5), "so does the short form");
  S::check(a.grow(P{0}) == chunks<A>(6) && a.grow(chunks<A>(6), P{0}) == chunks<A>(6),
           "growing by nothing tells the size");
  S::check(a.grow(chunks<A>(6), chunks<A>(3)).has_value() && a.size() == a.capacity(), "up to the maximum");
  S::check(a.grow(chunks<A>(9), P{0}) == chunks<A>(9), "a full memory grows by nothing");
  S::check(a.data() == base, "the base never moves");
  S::check(holds(a.bytes().first(2 * chunk), 0x12) && all_zero(a.bytes().subspan(2 * chunk)),
           "old contents, new zeros");
}

template <environment S, config M>
void grow_refuses_what_is_wrong() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = allocated<S, M>(2 * chunk, 4 * chunk);
  fill(a.bytes(), 0x23);
  const P now = a.size_pages();
  for (const std::uint64_t stale : {std::uint64_t{0}, now.n - 1, now.n + 1, now.n + chunks<A>(1).n}) {
    S::check(is_refused(a.grow(P{stale}, P{1}), errc::size_mismatch), "a stale size");
    S::check(is_refused(a.grow(P{stale}, P{0}), errc::size_mismatch), "a stale size, growing by nothing");
  }
  S::check(is_refused(a.grow(now, P{chunks<A>(2).n + 1}), errc::limit_exceeded), "one page beyond the maximum");
  for (const std::uint64_t n : overflowing_page_counts<A>) {
    S::check(is_refused(a.grow(now, P{n}), errc::limit_exceeded), "what no multiplication holds");
    S::check(is_refused(a.grow(P{n}), errc::limit_exceeded), "the same in short");
    S::check(is_refused(a.grow(P{n}, P{0}), errc::size_mismatch), "a present size that no multiplication holds");
    S::check(is_refused(a.grow(P{now.n + n}, P{1}), errc::size_mismatch) || now.n + n == now.n,
             "a size that equals the present one modulo 2^64");
    S::check(is_refused(a.grow(now, P{n - now.n}), errc::limit_exceeded), "a sum that overflows");
  }
  S::check(a.size() == 2 * chunk && holds(a.bytes(), 0x23), "a refused grow changes nothing");
  expect_inaccessible_in<S>(a, std::max(2 * chunk, accessible_end(a)));
  S::check(a.grow(now, chunks<A>(2)).has_value(), "and a right one still works");
}

template <environment S, config M>
void shrink_mirrors_grow() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = allocated<S, M>(6 * chunk, 8 * chunk);
  std::byte* const base = a.data();
  fill(a.bytes(), 0x34);
  S::check(a.shrink(chunks<A>(6), chunks<A>(2)) == chunks<A>(6), "shrink returns the previous size");
  S::check(a.size() == 4 * chunk && a.data() == base && a.capacity() == 8 * chunk, "and takes from it");
  expect_inaccessible_in<S>(a, std::max(4 * chunk, accessible_end(a)));
  S::check(holds(a.bytes(), 0x34), "what stays keeps its contents");
  S::check(a.shrink(P{0}) == chunks<A>(4), "shrinking by nothing tells the size");
  S::check(a.shrink(chunks<A>(1)) == chunks<A>(4), "the short form");
  S::check(a.grow(chunks<A>(5)).has_value(), "it grows again");
  S::check(holds(a.bytes().first(3 * chunk), 0x34) && all_zero(a.bytes().subspan(3 * chunk)),
           "what comes back is zero");
  fill(a.bytes(), 0x35);
  S::check(a.shrink(chunks<A>(8)).has_value() && a.size() == 0 && a.data() == base, "it shrinks to nothing");
  expect_inaccessible_in<S>(a, 0);
  S::check(a.grow(chunks<A>(8)).has_value() && all_zero(a.bytes()), "and comes back as zero");
}

template <environment S, config M>
void shrink_refuses_what_is_wrong() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = allocated<S, M>(2 * chunk, 4 * chunk);
  fill(a.bytes(), 0x45);
  const P now = a.size_pages();
  for (const std::uint64_t stale : {std::uint64_t{0}, now.n - 1, now.n + 1})
    S::check(is_refused(a.shrink(P{stale}, P{0}), errc::size_mismatch), "a stale size");
  S::check(is_refused(a.shrink(now, P{now.n + 1}), errc::invalid_argument), "more than there is");
  for (const std::uint64_t n : overflowing_page_counts<A>) {
    S::check(is_refused(a.shrink(now, P{n}), errc::invalid_argument), "what no multiplication holds");
    S::check(is_refused(a.shrink(P{n}, P{0}), errc::size_mismatch), "a present size that no multiplication holds");
  }
  S::check(a.size() == 2 * chunk && holds(a.bytes(), 0x45), "a refused shrink changes nothing");
}

template <environment S, config M>
void growth_in_single_pages_is_seamless() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = allocated<S, M>(0, 4 * chunk);
  const std::uint64_t step = A::pages::unit < 4096 ? 1000 : 1;  // sizes that are not a multiple of the system page
  std::uint64_t n = 0;
  while (n + step <= chunks<A>(4).n && n < 40 * step) {
    S::check(a.grow(P{n}, P{step}) == P{n}, "grow by a page");
    const auto added = a.bytes().subspan(static_cast<std::size_t>(n) * A::pages::unit);
    S::check(all_zero(added), "it is zero");
    fill(added, 0x56);
    n += step;
  }
  S::check(a.size_pages() == P{n}, "all of them count");
  while (n > 0) {
    S::check(a.shrink(P{n}, P{step}) == P{n}, "shrink by a page");
    n -= step;
    S::check(n == 0 || a.bytes().back() == std::byte{0x56}, "the rest stays");
  }
}

}  // namespace quire::test
