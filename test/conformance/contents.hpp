// SPDX-License-Identifier: BSL-1.0
#pragma once
// Conformance cases for discard and reset, and a long random sequence checked against a model: no stale byte is handed
// out as new.
#include <array>

#include "common.hpp"

namespace quire::test {

template <environment S, config M>
void discard_clears_in_place() {
  using A = typename M::allocator;
  if constexpr (can_discard<A>) {
    A a = M::make();
    const std::size_t g = granule_of(a);
    S::check(a.allocate(pages_of<A>(4 * g), pages_of<A>(6 * g)).has_value(), "allocate");
    fill(a.bytes(), 0x67);
    S::check(a.discard(g, 2 * g).has_value(), "discard");
    S::check(a.size() == 4 * g, "the size stays");
    S::check(holds(a.bytes().first(g), 0x67) && holds(a.bytes().subspan(3 * g), 0x67), "as does what lies around");
    S::check(all_zero(a.bytes().subspan(g, 2 * g)), "contents become zero");
    fill(a.bytes(), 0x68);
    S::check(holds(a.bytes(), 0x68), "still accessible");
    S::check(a.discard(0, 0).has_value() && a.discard(4 * g, 0).has_value() && holds(a.bytes(), 0x68),
             "nothing is a no-op");

    const std::size_t least = a.granularity();
    S::check(is_refused(a.discard(1, least), errc::invalid_argument), "an offset off the granule");
    S::check(is_refused(a.discard(0, least + 1), errc::invalid_argument), "a size off the granule");
    S::check(is_refused(a.discard(0, 1), errc::invalid_argument), "a size below the granule");
    S::check(is_refused(a.discard(0, accessible_end(a) + least), errc::out_of_range), "beyond the end");
    S::check(is_refused(a.discard(accessible_end(a) + least, 0), errc::out_of_range), "behind the end");
    S::check(is_refused(a.discard(least, 0 - least), errc::out_of_range), "a sum that overflows");
    S::check(is_refused(a.discard(0 - least, least), errc::out_of_range), "an offset beyond everything");
    S::check(holds(a.bytes(), 0x68), "a refused discard does nothing");
    S::check(a.discard(0, 4 * g).has_value() && all_zero(a.bytes()), "all of it");

    if constexpr (can_protect<A>) {
      if (is_tagged(a)) return;
      fill(a.bytes(), 0x69);
      S::check(a.protect(g, g, access::read).has_value() && a.protect(2 * g, g, access::none).has_value(), "protect");
      S::check(a.discard(0, 4 * g).has_value(), "discard under protection");
      S::check(all_zero(a.bytes().subspan(g, g)), "is zero");
      expect_write_fault<S>(a.data() + g, A::contract.fault);
      expect_inaccessible<S>(a.data() + 2 * g, A::contract.fault);
      S::check(a.protect(2 * g, g, access::read).has_value() && all_zero(a.bytes()), "everywhere");
    }
  }
}

template <environment S, config M>
void reset_is_a_fresh_start() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = allocated<S, M>(3 * chunk, 8 * chunk);
  std::byte* const base = address_of(a);
  std::byte* tagged = a.data();
  for (const std::size_t size : {3UZ, 1UZ, 5UZ, 0UZ, 8UZ, 2UZ}) {
    fill(a.bytes(), 0x78);
    if constexpr (can_protect<A>) {
      if (granule_of(a) == chunk && a.size() >= 2 * chunk) {
        S::check(a.protect(0, chunk, access::read).has_value() && a.protect(chunk, chunk, access::none).has_value(),
                 "protect");
      }
    }
    S::check(a.reset(chunks<A>(size)).has_value(), "reset");
    S::check(address_of(a) == base && a.capacity() == 8 * chunk && a.size() == size * chunk, "same base, new size");
    S::check((a.data() == tagged) != A::contract.base_bits_change_on_reset, "with another tag, where that is promised");
    tagged = a.data();
    S::check(all_zero(a.bytes()), "contents are zero");
    fill(a.bytes(), 0x79);
    S::check(holds(a.bytes(), 0x79), "and read_write");
    if (a.zone_of(base + accessible_end(a)) != zone::outside) expect_inaccessible_in<S>(a, accessible_end(a));
  }
  S::check(a.grow(chunks<A>(6)).has_value() && all_zero(a.bytes().subspan(2 * chunk)), "it grows into zeros");
  fill(a.bytes(), 0x7a);
  S::check(is_refused(a.reset(P{chunks<A>(8).n + 1}), errc::limit_exceeded), "beyond the maximum");
  for (const std::uint64_t n : overflowing_page_counts<A>)
    S::check(is_refused(a.reset(P{n}), errc::limit_exceeded), "beyond everything");
  S::check(a.size() == 8 * chunk && holds(a.bytes(), 0x7a), "a refused reset changes nothing");
  S::check(a.reset(P{chunks<A>(8).n + 1}).error().at == step::reset, "and says where");
}

/// The contents and the access that four granules must have. The model keeps one value for each granule: every
/// operation that changes part of a granule is followed by a write to all of it.
template <environment S, class A>
class model {
 public:
  static constexpr std::size_t granules = 4;
  model(A& a, std::size_t granule) : a_(a), g_(granule) { fresh(); }

  void grown(std::size_t from) {
    const auto added = a_.bytes().subspan(from);
    S::check(all_zero(added), "what grow hands out is zero");
    fill(added, 0);  // and it is writable, whatever access the rest of its granule has
    for (std::size_t i = 0; i < granules; ++i)
      if ((i + 1) * g_ > from && i * g_ < a_.size()) write(i, 0);
  }
  void shrunk() {
    for (std::size_t i = 0; i < granules; ++i)
      if (i * g_ >= a_.size()) access_[i] = access::read_write;
  }
  void write(std::size_t i, unsigned char value) {
    make_writable(i);
    fill(part(i), value);
    value_[i] = value;
  }
  void discarded(std::size_t i) { value_[i] = 0; }
  void protect(std::size_t i, access wanted) {
    if constexpr (can_protect<A>) S::check(a_.protect(i * g_, g_, wanted).has_value(), "protect");
    access_[i] = wanted;
  }
  void fresh() {
    value_.fill(0);
    access_.fill(access::read_write);
  }
  [[nodiscard]] bool is_writable(std::size_t i) const { return access_[i] == access::read_write; }
  void check() const {
    for (std::size_t i = 0; i < granules; ++i)
      if (access_[i] != access::none) S::check(holds(part(i), value_[i]), "memory holds what was last written");
  }

 private:
  [[nodiscard]] std::span<std::byte> part(std::size_t i) const {
    const std::size_t begin = std::min(a_.size(), i * g_), end = std::min(a_.size(), begin + g_);
    return a_.bytes().subspan(begin, end - begin);
  }
  void make_writable(std::size_t i) {
    if (access_[i] == access::read_write) return;
    if constexpr (can_protect<A>) {
      const std::size_t end = std::min(accessible_end(a_), (i + 1) * g_);
      S::check(a_.protect(i * g_, end - i * g_, access::read_write).has_value(), "protect back");
    }
    access_[i] = access::read_write;
  }

  A& a_;
  std::size_t g_;
  std::array<unsigned char, granules> value_{};
  std::array<access, granules> access_{};
};

template <environment S, config M>
void a_long_life_has_no_stale_bytes() {
  using A = typename M::allocator;
  using P = typename A::pages;
  A a = M::make();
  const std::size_t g = granule_of(a), most = model<S, A>::granules * g;
  S::check(a.allocate(P{0}, pages_of<A>(most)).has_value(), "allocate");
  model<S, A> expected{a, g};
  std::uint32_t state = 12345;
  const auto any = [&state](std::uint64_t below) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(below == 0 ? 0 : (state >> 8) % below);
  };
  for (int turn = 0; turn < 250; ++turn) {
    const P size = a.size_pages();
    // Granule i lies below the size, if any granule does.
    const std::size_t old = a.size(), whole = old / g, i = any(whole);
    switch (any(7)) {
      case 0:
      case 1:
        S::check(a.grow(size, P{any(pages_of<A>(most).n - size.n + 1)}) == size, "grow");
        expected.grown(old);
        break;
      case 2:
        S::check(a.shrink(size, P{any(size.n + 1)}) == size, "shrink");
        expected.shrunk();
        break;
      case 3:
        for (std::size_t k = 0; k * g < old; ++k) expected.write(k, static_cast<unsigned char>(1 + any(255)));
        break;
      case 4:
        if (any(3) != 0) break;
        S::check(a.reset(P{any(pages_of<A>(most).n + 1)}).has_value(), "reset");
        expected.fresh();
        break;
      case 5:
        if constexpr (can_discard<A>) {
          if (whole == 0 || (is_tagged(a) && !expected.is_writable(i))) break;
          S::check(a.discard(i * g, g).has_value(), "discard");
          expected.discarded(i);
        }
        break;
      default:
        if (can_protect<A> && whole != 0) expected.protect(i, any(2) == 0 ? access::read : access::none);
    }
    expected.check();
  }
}

}  // namespace quire::test
