// SPDX-License-Identifier: BSL-1.0
#pragma once
// Conformance cases for allocate, deallocate, limits and ownership.
#include <utility>

#include <quire/store.hpp>

#include "common.hpp"

namespace quire::test {

template <environment S, config M>
void new_memory_is_zero_and_usable() {
  using A = typename M::allocator;
  A a = M::make();
  const auto got = a.allocate(chunks<A>(3), chunks<A>(10));
  S::check(got.has_value(), "allocate succeeds");
  if (!got) return;
  S::check(got->data() == a.data() && got->size() == a.size(), "allocate returns the span of the memory");
  S::check(a.size() == 3 * chunk && a.size_pages() == chunks<A>(3), "the size is the initial one");
  S::check(a.bytes().data() == a.data() && a.bytes().size() == a.size(), "bytes() is the same span");
  S::check(a.capacity() == 10 * chunk, "the capacity is the maximum");
  S::check(a.reserved() >= a.capacity(), "the capacity is reserved");
  S::check(all_zero(*got), "new pages read as zero");
  fill(*got, 0xa5);
  S::check(holds(a.bytes(), 0xa5), "what is written stays");
}

template <environment S, config M>
void an_empty_memory_has_a_base() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = M::make();
  const auto got = a.allocate(P{0}, chunks<A>(2));
  S::check(got.has_value() && got->empty() && got->data() != nullptr, "allocate(0) gives an empty span with a base");
  std::byte* const base = a.data();
  expect_inaccessible_in<S>(a, 0);
  S::check(a.zone_of(base) == zone::reserved, "the base of an empty memory is reserved");
  S::check(a.grow(P{0}, chunks<A>(1)) == P{0}, "an empty memory grows");
  S::check(a.data() == base && all_zero(a.bytes()), "it grows at its base, zeroed");
  S::check(a.shrink(chunks<A>(1), chunks<A>(1)).has_value() && a.size() == 0, "and becomes empty again");
  S::check(a.deallocate(base, 0).has_value(), "an empty memory is deallocated as (base, 0)");
}

template <environment S, config M>
void a_maximum_of_zero_is_a_maximum() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = M::make();
  const auto got = a.allocate(P{0}, typename A::pages{0});
  S::check(got.has_value() && got->data() != nullptr, "allocate(0, 0) gives a base");
  S::check(a.capacity() == 0 && a.size() == 0, "nothing fits into it");
  // Otherwise the byte at the base belongs to other memory.
  if (a.reserved() + A::contract.guard_after != 0) expect_inaccessible_in<S>(a, 0);
  S::check(a.grow(P{0}, P{0}).has_value(), "it grows by nothing");
  S::check(is_refused(a.grow(P{0}, P{1}), errc::limit_exceeded), "and by nothing else");
  S::check(is_refused(a.allocate(P{0}, typename A::pages{0}), errc::already_allocated), "it is owned, empty as it is");
  S::check(a.reset(P{0}).has_value(), "it can be reset to nothing");
  S::check(is_refused(a.reset(P{1}), errc::limit_exceeded), "but not to something");
  S::check(a.deallocate(a.data(), 0).has_value(), "it is deallocated as (base, 0)");
}

template <environment S, config M>
void bad_sizes_are_refused() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = M::make(typename A::limits{chunks<A>(5)});
  S::check(is_refused(a.allocate(chunks<A>(3), chunks<A>(2)), errc::invalid_argument),
           "a maximum below the initial size");
  S::check(is_refused(a.allocate(chunks<A>(1), P{chunks<A>(5).n + 1}), errc::limit_exceeded),
           "a maximum above the limit");
  S::check(is_refused(a.allocate(P{chunks<A>(5).n + 1}), errc::limit_exceeded), "an initial size above the limit");
  for (const std::uint64_t n : overflowing_page_counts<A>) {
    S::check(is_refused(a.allocate(P{n}), errc::limit_exceeded), "an initial size that no multiplication holds");
    S::check(is_refused(a.allocate(P{n}, P{n}), errc::limit_exceeded), "both sizes that no multiplication holds");
    S::check(is_refused(a.allocate(P{1}, P{n}), errc::limit_exceeded), "a maximum that no multiplication holds");
  }
  S::check(a.data() == nullptr && a.size() == 0 && a.capacity() == 0,
           "a refused allocate leaves the object without a region");
  S::check(a.allocate(chunks<A>(1)).has_value() && a.capacity() == 5 * chunk, "no maximum means the limit");
}

template <environment S, config M>
void limits_are_those_given_or_the_usual() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A fixed = M::make(fixed_limits<chunks<A>(3).n>{});
  S::check(fixed.allocate(chunks<A>(1)).has_value() && fixed.capacity() == 3 * chunk, "fixed_limits are limits");
  A none = M::make(typename A::limits{P{0}});
  S::check(none.allocate(P{0}).has_value() && none.capacity() == 0, "a limit of nothing allows nothing");

  A a = M::make();
  if constexpr (faults<A> && sizeof(void*) == 8) {  // the usual limit of a buffer is the buffer itself
    S::check(a.allocate(P{0}).has_value(), "a memory of the usual limit");
    S::check(a.capacity() == std::size_t{65536} * chunk, "which is 65,536 WebAssembly pages");
  }
}

template <environment S, config M>
void more_than_any_address_space_is_an_error() {
  using A = typename M::allocator;
  using P = typename A::pages;
  if constexpr (faults<A> && sizeof(void*) == 8) {
    for (const unsigned bits : {50U, 56U, 61U, 62U}) {
      const typename A::pages many{(std::uint64_t{1} << bits) / A::pages::unit};
      A a = M::make(typename A::limits{many});
      S::expect_no_trace([&] {
        const auto got = a.allocate(P{0}, many);
        S::check(!got, "no machine has that much address space");
        if (got) return;
        S::check(got.error().code == errc::out_of_address_space || got.error().code == errc::limit_exceeded,
                 "and it is said so");
      });
      S::check(a.allocate(chunks<A>(1), chunks<A>(1)).has_value(), "a smaller one can be had afterwards");
    }
    const typename A::pages most{max_bytes / A::pages::unit};
    A a = M::make(typename A::limits{most});
    S::check(!a.allocate(P{0}) && a.data() == nullptr, "nor the largest number of bytes there is");
  }
}

template <environment S, config M>
void a_second_allocate_is_refused() {
  using A = typename M::allocator;
  A a = allocated<S, M>(2 * chunk, 4 * chunk);
  fill(a.bytes(), 0x11);
  std::byte* const base = a.data();
  S::expect_no_trace([&] {
    S::check(is_refused(a.allocate(chunks<A>(1), chunks<A>(1)), errc::already_allocated), "a region is owned already");
  });
  S::check(a.data() == base && a.size() == 2 * chunk && a.capacity() == 4 * chunk, "it stays as it was");
  S::check(holds(a.bytes(), 0x11), "with its contents");
}

/// Checks what every member returns for an object without a region.
template <environment S, class A>
void expect_no_region(A& a) {
  using P = typename A::pages;
  S::check(a.data() == nullptr && a.size() == 0 && a.capacity() == 0 && a.reserved() == 0 && a.bytes().empty(),
           "no region: no base, no size, no capacity");
  S::check(is_refused(a.grow(P{0}, P{0}), errc::not_allocated), "grow");
  S::check(is_refused(a.grow(P{1}), errc::not_allocated), "grow, short form");
  S::check(is_refused(a.shrink(P{0}, P{0}), errc::not_allocated), "shrink");
  S::check(is_refused(a.shrink(P{0}), errc::not_allocated), "shrink, short form");
  S::check(is_refused(a.reset(P{0}), errc::not_allocated), "reset");
  S::check(is_refused(a.deallocate(nullptr, 0), errc::not_allocated), "deallocate");
  if constexpr (can_discard<A>) S::check(is_refused(a.discard(0, 0), errc::not_allocated), "discard");
  if constexpr (can_protect<A>) S::check(is_refused(a.protect(0, 0, access::none), errc::not_allocated), "protect");
  if constexpr (requires { a.collapse(0, 0); }) S::check(is_refused(a.collapse(0, 0), errc::not_allocated), "collapse");
  std::byte here{};
  S::check(!a.contains(&here) && !a.contains(nullptr) && a.zone_of(&here) == zone::outside &&
               a.zone_of(nullptr) == zone::outside,
           "every address is outside");
}

template <environment S, config M>
void without_a_region_nothing_works() {
  using A = typename M::allocator;
  A a = M::make();
  expect_no_region<S>(a);
  S::check(a.allocate(chunks<A>(1), chunks<A>(1)).has_value(), "allocate does");
  S::check(a.deallocate(a.data(), a.size()).has_value(), "deallocate, once");
  expect_no_region<S>(a);
}

template <environment S, config M>
void deallocate_wants_the_base_and_the_size() {
  using A = typename M::allocator;
  A a = allocated<S, M>(2 * chunk, 4 * chunk);
  fill(a.bytes(), 0x22);
  std::byte* const base = a.data();
  const std::size_t size = a.size();
  for (std::byte* const wrong : {base + 1, base + chunk, base - chunk, static_cast<std::byte*>(nullptr)})
    S::check(is_refused(a.deallocate(wrong, size), errc::invalid_argument), "another pointer");
  for (const std::size_t wrong : {std::size_t{0}, size - 1, size + 1, a.capacity(), SIZE_MAX})
    S::check(is_refused(a.deallocate(base, wrong), errc::size_mismatch), "another size");
  S::check(a.data() == base && a.size() == size && holds(a.bytes(), 0x22), "a refused deallocate does nothing");
  S::check(a.deallocate(base, size).has_value(), "the right pair releases");
  if constexpr (is_gone_when_released<A>) expect_inaccessible<S>(base, fault::either);
  S::check(a.allocate(chunks<A>(1), chunks<A>(3)).has_value(), "the object can allocate again");
  S::check(all_zero(a.bytes()) && a.capacity() == 3 * chunk, "as if it were new");
}

template <environment S, config M>
void release_leaves_nothing() {
  using A = typename M::allocator;
  const auto live = [](A& a) {
    S::check(a.allocate(chunks<A>(2), chunks<A>(8)).has_value(), "allocate");
    fill(a.bytes(), 0x33);
    S::check(a.grow(chunks<A>(3)).has_value(), "grow");
    fill(a.bytes(), 0x34);
    if constexpr (can_protect<A>)
      S::check(a.protect(0, granule_of(a) / 2, access::read).has_value() || granule_of(a) / 2 < a.granularity(),
               "protect");
    S::check(a.shrink(chunks<A>(1)).has_value(), "shrink");
  };
  S::expect_no_trace([&] {
    A a = M::make();
    live(a);
    S::check(a.deallocate(a.data(), a.size()).has_value(), "deallocate");
  });
  S::expect_no_trace([&] {
    A a = M::make();
    live(a);
  });
  S::expect_no_trace([&] { A never = M::make(); });
}

template <environment S, config M>
void moving_hands_the_region_over() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A first = M::make(typename A::limits{chunks<A>(5)});
  S::check(first.allocate(chunks<A>(2), chunks<A>(4)).has_value(), "allocate");
  fill(first.bytes(), 0x44);
  std::byte* const base = first.data();

  A second = std::move(first);
  S::check(second.data() == base && second.size() == 2 * chunk && second.capacity() == 4 * chunk, "the region moved");
  S::check(holds(second.bytes(), 0x44), "with its contents");
  expect_no_region<S>(first);
  S::check(is_refused(first.allocate(P{chunks<A>(5).n + 1}), errc::limit_exceeded),
           "a moved-from object keeps its limits");
  result<std::span<std::byte>> again = first.allocate(chunks<A>(1));
  if constexpr (buffer_store<typename A::backing_type>) {
    if (!again.has_value()) {
      S::check(again.error().code == errc::already_allocated, "where both have one buffer, it is in use");
      S::check(second.deallocate(base, second.size()).has_value(), "the new owner can deallocate");
      again = first.allocate(chunks<A>(1));
    }
  }
  S::check(again.has_value() && first.capacity() == 5 * chunk, "and can allocate again");
  if (second.data() == nullptr) return;
  S::check(first.data() != base && second.grow(chunks<A>(1)).has_value(), "independently of the other");
  S::check(second.deallocate(base, second.size()).has_value(), "the new owner can deallocate");
}

template <environment S, config M>
void move_assignment_releases_what_was_there() {
  using A = typename M::allocator;
  A first = allocated<S, M>(1 * chunk, 2 * chunk);
  std::byte* const old = first.data();
  A second = allocated<S, M>(2 * chunk, 3 * chunk);
  fill(second.bytes(), 0x55);
  std::byte* const base = second.data();
  first = std::move(second);
  S::check(first.data() == base && first.size() == 2 * chunk && holds(first.bytes(), 0x55), "the region moved");
  if constexpr (is_gone_when_released<A>) expect_inaccessible<S>(old, fault::either);
  expect_no_region<S>(second);

  A& same = first;
  first = std::move(same);
  S::check(first.data() == base && first.size() == 2 * chunk && holds(first.bytes(), 0x55),
           "self-assignment is nothing");
  first = M::make();
  if constexpr (is_gone_when_released<A>) expect_inaccessible<S>(base, fault::either);
  expect_no_region<S>(first);
  S::check(first.allocate(chunks<A>(1), chunks<A>(1)).has_value(), "and allocates again");
}

template <environment S, config M>
void four_gigabytes_are_ordinary() {
  using A = typename M::allocator;
  using P = typename A::pages;
  if constexpr (faults<A> && sizeof(void*) == 8) {
    constexpr std::size_t all = std::size_t{65536} * chunk;
    A a = M::make();
    // A typedef that populates or locks pages would take more memory than a test may use.
    const bool lazy = !a.requested().wants_population() && !a.requested().locked && S::has_memory_for(all);
    S::check(a.allocate(lazy ? pages_of<A>(all) : chunks<A>(1), pages_of<A>(all)).has_value(), "allocate 65,536 pages");
    S::check(a.capacity() == all, "that is the capacity");
    if (lazy) {
      S::check(a.size() == all && a.size_pages() == pages_of<A>(all), "and the size");
      write_to(a.data());
      write_to(a.data() + all - 1, 0x66);
      S::check(a.data()[all / 2] == std::byte{} && a.data()[all - 1] == std::byte{0x66}, "all of it is there");
      S::check(a.contains(a.data() + all - 1) && !a.contains(a.data() + all), "contains knows the end");
      if (a.zone_of(a.data() + all) != zone::outside) expect_inaccessible_in<S>(a, all);
      S::check(is_refused(a.grow(pages_of<A>(all), P{1}), errc::limit_exceeded), "it is full");
      S::check(a.shrink(pages_of<A>(all), pages_of<A>(all - chunk)).has_value() && a.size() == chunk, "shrinks");
      expect_inaccessible_in<S>(a, std::max(chunk, accessible_end(a)));
      expect_inaccessible_in<S>(a, all - 1);
      S::check(a.grow(chunks<A>(1), pages_of<A>(all - chunk)).has_value(), "grows");
      S::check(a.data()[all - 1] == std::byte{}, "and is zero again");
    }
  }
}

}  // namespace quire::test
