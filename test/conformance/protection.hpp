// SPDX-License-Identifier: BSL-1.0
#pragma once
// Conformance cases for protect: the access that it changes, the state that it keeps, the arguments that it refuses.
#include "common.hpp"

namespace quire::test {

template <environment S, config M>
void protect_changes_access_and_nothing_else() {
  using A = typename M::allocator;
  if constexpr (can_protect<A>) {
    A a = M::make();
    const std::size_t g = granule_of(a);
    constexpr fault kind = A::contract.fault;
    S::check(a.allocate(pages_of<A>(4 * g), pages_of<A>(6 * g)).has_value(), "allocate");
    fill(a.bytes(), 0x81);
    S::check(a.protect(g, g, access::read).has_value(), "read only");
    S::check(holds(a.bytes(), 0x81), "can be read");
    expect_write_fault<S>(a.data() + g, kind);
    expect_write_fault<S>(a.data() + 2 * g - 1, kind);
    write_to(a.data() + g - 1, 0x81);  // neighbouring granules keep their access
    write_to(a.data() + 2 * g, 0x81);
    S::check(a.protect(2 * g, g, access::none).has_value(), "no access");
    expect_inaccessible<S>(a.data() + 2 * g, kind);
    expect_inaccessible<S>(a.data() + 3 * g - 1, kind);
    read_from(a.data() + 2 * g - 1);
    write_to(a.data() + 3 * g, 0x81);
    S::check(a.size() == 4 * g && a.zone_of(a.data() + 2 * g) == zone::accessible, "the size and the zones stay");
    S::check(a.protect(0, 4 * g, access::read_write).has_value(), "all of it back");
    S::check(holds(a.bytes(), 0x81), "contents survive");
    fill(a.bytes(), 0x82);

    const std::size_t least = a.granularity();
    S::check(a.protect(least, least, access::none).has_value(), "one granule");
    expect_inaccessible<S>(a.data() + least, kind);
    if (least < g) write_to(a.data() + 2 * least);
    write_to(a.data() + least - 1);
  }
}

template <environment S, config M>
void protect_refuses_what_is_wrong() {
  using A = typename M::allocator;
  if constexpr (can_protect<A>) {
    A a = M::make();
    const std::size_t g = granule_of(a);
    S::check(a.allocate(pages_of<A>(2 * g), pages_of<A>(4 * g)).has_value(), "allocate");
    fill(a.bytes(), 0x91);
    const std::size_t least = a.granularity(), end = accessible_end(a);
    for (const access asked : {access::none, access::read, access::read_write}) {
      S::check(is_refused(a.protect(1, least, asked), errc::invalid_argument), "an offset off the granule");
      S::check(is_refused(a.protect(least - 1, least, asked), errc::invalid_argument), "just below it");
      S::check(is_refused(a.protect(0, least + 1, asked), errc::invalid_argument), "a size off the granule");
      S::check(is_refused(a.protect(0, 1, asked), errc::invalid_argument), "a size below the granule");
      S::check(is_refused(a.protect(least, 0 - least, asked), errc::out_of_range), "a sum that overflows");
      S::check(is_refused(a.protect(0 - least, least, asked), errc::out_of_range), "an offset beyond everything");
      S::check(is_refused(a.protect(0, a.reserved() + least, asked), errc::out_of_range), "beyond the reservation");
      S::check(a.protect(0, 0, asked).has_value() && a.protect(end, 0, asked).has_value(), "nothing is a no-op");
    }
    for (const access asked : {access::read, access::read_write}) {
      S::check(is_refused(a.protect(end, least, asked), errc::out_of_range), "reserved pages");
      S::check(is_refused(a.protect(end - least, 2 * least, asked), errc::out_of_range), "partly reserved pages");
    }
    fill(a.bytes(), 0x92);
    S::check(holds(a.bytes(), 0x92), "a refused protect changes nothing");
    expect_inaccessible<S>(a.data() + end, A::contract.fault);
  }
}

template <environment S, config M>
void no_access_may_reach_into_reserved_pages() {
  using A = typename M::allocator;
  if constexpr (can_protect<A>) {
    A a = M::make();
    const std::size_t g = granule_of(a);
    S::check(a.allocate(pages_of<A>(2 * g), pages_of<A>(4 * g)).has_value(), "allocate");
    fill(a.bytes(), 0xa1);
    const std::size_t end = accessible_end(a), least = a.granularity();
    S::check(a.protect(end, a.reserved() - end, access::none).has_value(), "all that is reserved");
    S::check(a.protect(end + least, least, access::none).has_value(), "a part of it");
    S::check(a.protect(g, a.reserved() - g, access::none).has_value(), "the rest, from within the memory");
    expect_inaccessible<S>(a.data() + g, A::contract.fault);
    S::check(holds(a.bytes().first(g), 0xa1), "what was not asked for stays");
    S::check(a.grow(pages_of<A>(2 * g)).has_value(), "grow into pages that were protected");
    S::check(all_zero(a.bytes().subspan(2 * g)), "they are readable");
    fill(a.bytes().subspan(2 * g), 0xa2);  // and they are writable: no earlier access was remembered
    expect_inaccessible<S>(a.data() + 2 * g - 1, A::contract.fault);
    S::check(a.protect(g, g, access::read_write).has_value() && holds(a.bytes().first(2 * g), 0xa1),
             "old pages are kept");
  }
}

template <environment S, config M>
void access_lasts_until_it_is_changed() {
  using A = typename M::allocator;
  if constexpr (can_protect<A>) {
    A a = M::make();
    const std::size_t g = granule_of(a);
    constexpr fault kind = A::contract.fault;
    S::check(a.allocate(pages_of<A>(3 * g), pages_of<A>(5 * g)).has_value(), "allocate");
    fill(a.bytes(), 0xb1);
    S::check(a.protect(0, g, access::read).has_value() && a.protect(2 * g, g, access::none).has_value(), "protect");
    S::check(a.grow(pages_of<A>(2 * g)).has_value(), "growing");
    expect_write_fault<S>(a.data(), kind);
    expect_inaccessible<S>(a.data() + 2 * g, kind);
    S::check(a.shrink(pages_of<A>(2 * g)).has_value(), "and shrinking do not touch it");
    expect_write_fault<S>(a.data(), kind);
    expect_inaccessible<S>(a.data() + 2 * g, kind);
    S::check(a.shrink(pages_of<A>(g)).has_value() && a.grow(pages_of<A>(g)).has_value(), "what was shrunk away");
    S::check(all_zero(a.bytes().subspan(2 * g)), "is fresh");
    fill(a.bytes().subspan(2 * g), 0xb2);
    expect_write_fault<S>(a.data(), kind);
    S::check(a.reset(pages_of<A>(3 * g)).has_value(), "reset");
    fill(a.bytes(), 0xb3);
    S::check(holds(a.bytes(), 0xb3), "gives all access back");
  }
}

template <environment S, config M>
void execution_needs_a_store_for_it() {
  using A = typename M::allocator;
  if constexpr (can_protect<A>) {
    A a = M::make();
    const std::size_t g = granule_of(a);
    S::check(a.allocate(pages_of<A>(g), pages_of<A>(g)).has_value(), "allocate");
    fill(a.bytes(), 0xc3);  // a ret instruction on x86
    for (const access asked : {access::read_execute, access::read_write_execute}) {
      const auto got = a.protect(0, g, asked);
      if constexpr (M::executes) {
        S::check(got.has_value(), "a store typed for it executes");
#if defined(__x86_64__)
        S::call(a.data());
#endif
      } else {
        S::check(!got && got.error().code == errc::not_supported && got.error().at == step::protect, "others refuse");
        write_to(a.data(), 0xc3);
      }
    }
    S::check(a.protect(0, g, access::read_write).has_value(), "back to data");
#if defined(__x86_64__)
    S::expect_fault(std::span<const std::byte>{a.data(), 1}, touch::execute, A::contract.fault,
                    [&] { S::call(a.data()); });
#endif
  }
}

}  // namespace quire::test
