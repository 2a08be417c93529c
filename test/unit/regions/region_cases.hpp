// SPDX-License-Identifier: BSL-1.0
#pragma once
// What regions do, on any system: random operations against a plain model of their pages.
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <quire/region_allocator.hpp>

#include "conformance/common.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {

/// A region as its user sees it: what each granule is.
struct modelled_region {
  struct granule {
    bool committed = false;
    quire::access access = quire::access::none;
    unsigned char value = 0;
  };
  std::byte* base;
  std::vector<granule> granules;
};

/// Random operations on up to twelve regions, and some wrong ones among them. A wrong one is refused and changes
/// nothing.
template <class Regions>
class random_regions {
 public:
  random_regions(Regions& of, std::uint32_t seed) : regions_(of), random_(seed), granule_(of.granularity()) {}

  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      step();
      verify();
    }
    while (!all_.empty()) release(0);
    check(regions_.statistics() == region_statistics{}, "nothing is left");
  }

 private:
  using A = typename Regions::allocator_type;
  static void check(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
    test_environment::check(holds, what, where);
  }
  std::size_t draw(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }

  void step() {
    if (all_.empty() || (all_.size() < 12 && draw(7) == 0)) return reserve();
    const std::size_t which = draw(all_.size() - 1);
    switch (draw(9)) {
      case 0: return draw(3) == 0 ? release(which) : release_tail(which);
      case 1: return misuse(all_[which]);
      case 2:
      case 3:
      case 4: return commit(all_[which]);
      case 5: return decommit(all_[which]);
      case 6: return protect(all_[which]);
      case 7: return discard(all_[which]);
      default: return write(all_[which]);
    }
  }

  void reserve() {
    const std::size_t count = 1 + draw(20);
    region_terms terms{.alignment = std::size_t{1} << draw(21),
                       .initial = draw(2) == 0 ? access::read_write : access::none};
    if (Regions::takes_hints && !all_.empty() && draw(1) == 0) terms.hint = all_.back().base - (std::size_t{1} << 32);
    const auto got = regions_.reserve(count * granule_ - draw(granule_ - 1), terms);
    check(got && got->size() == count * granule_, "a region has whole granules");
    if (!got) return;
    check(is_aligned(reinterpret_cast<std::uintptr_t>(got->data()), terms.alignment), "it is aligned");
    const bool committed = terms.initial != access::none;
    all_.push_back({got->data(), {count, {committed, terms.initial, 0}}});
  }
  void release(std::size_t which) {
    check(regions_.release(whole(all_[which])).has_value(), "release");
    all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void release_tail(std::size_t which) {
    if constexpr (Regions::releases_tails) {
      modelled_region& r = all_[which];
      const std::size_t count = 1 + draw(r.granules.size() - 1);
      check(regions_.release_tail(whole(r), count * granule_).has_value(), "release_tail");
      r.granules.resize(count);
    }
  }

  [[nodiscard]] std::span<std::byte> whole(const modelled_region& r) const {
    return bytes_of(r, {0, r.granules.size()});
  }
  struct part {
    std::size_t from, count;
  };
  part draw_part(const modelled_region& r) {
    const std::size_t from = draw(r.granules.size() - 1);
    return {from, 1 + draw(r.granules.size() - from - 1)};
  }
  std::span<std::byte> bytes_of(const modelled_region& r, part p) const {
    return {r.base + p.from * granule_, p.count * granule_};
  }
  static std::span<modelled_region::granule> granules_of(modelled_region& r, part p) {
    return std::span(r.granules).subspan(p.from, p.count);
  }
  static bool all_committed(modelled_region& r, part p) {
    return std::ranges::all_of(granules_of(r, p), &modelled_region::granule::committed);
  }

  void commit(modelled_region& r) {
    const part p = draw_part(r);
    const access wanted = protectable && draw(2) == 0 ? access::read : access::read_write;
    check(regions_.commit(bytes_of(r, p), wanted).has_value(), "commit");
    for (auto& each : granules_of(r, p)) {
      if (!each.committed) each.value = 0;
      each.committed = true;
      each.access = wanted;
    }
  }
  void decommit(modelled_region& r) {
    const part p = draw_part(r);
    check(regions_.decommit(bytes_of(r, p)).has_value(), "decommit");
    for (auto& each : granules_of(r, p)) each = {};
  }
  void protect(modelled_region& r) {
    if constexpr (protectable) {
      const part p = draw_part(r);
      constexpr access all[] = {access::none, access::read, access::read_write};
      const access wanted = all[draw(2)];
      const auto got = regions_.protect(bytes_of(r, p), wanted);
      if (!all_committed(r, p)) return check(is_refused(got, errc::out_of_range), "only committed pages have access");
      check(got.has_value(), "protect");
      for (auto& each : granules_of(r, p)) each.access = wanted;
    }
  }
  void discard(modelled_region& r) {
    if constexpr (requires { regions_.discard({}); }) {
      const part p = draw_part(r);
      const auto got = regions_.discard(bytes_of(r, p));
      if (!all_committed(r, p)) return check(is_refused(got, errc::out_of_range), "only committed pages have contents");
      check(got.has_value(), "discard");
      for (auto& each : granules_of(r, p)) each.value = 0;
    }
  }
  void write(modelled_region& r) {
    const std::size_t at = draw(r.granules.size() - 1);
    modelled_region::granule& g = r.granules[at];
    if (g.access != access::read_write) return;
    g.value = static_cast<unsigned char>(1 + draw(254));
    fill(bytes_of(r, {at, 1}), g.value);
  }
  void misuse(modelled_region& r) {
    const std::span<std::byte> all = whole(r);
    check(is_refused(regions_.commit({r.base + 1, granule_}), errc::invalid_argument), "an odd address");
    check(is_refused(regions_.commit({r.base, granule_ - 1}), errc::invalid_argument), "an odd number of bytes");
    check(is_refused(regions_.commit({r.base, all.size() + granule_}), errc::out_of_range), "beyond the end");
    check(is_refused(regions_.decommit({r.base - granule_, 2 * granule_}), errc::out_of_range), "before the base");
    check(is_refused(regions_.commit({r.base, granule_}, access::none), errc::invalid_argument), "to commit nothing");
    if (r.granules.size() > 1)  // else another region may begin there
      check(is_refused(regions_.release(all.subspan(granule_)), errc::invalid_argument), "not a region's base");
    check(is_refused(regions_.reserve(0), errc::invalid_argument), "no bytes");
    check(is_refused(regions_.reserve(granule_, {.alignment = 3 * granule_}), errc::invalid_argument),
          "no power of two");
    check(is_refused(regions_.reserve(max_bytes), errc::limit_exceeded), "more than there is");
    check(regions_.commit({r.base + 1, std::size_t{0}}).has_value(), "an empty run");
    if constexpr (Regions::releases_tails)
      for (const std::size_t wrong : {std::size_t{0}, granule_ + 1, all.size() + granule_})
        check(is_refused(regions_.release_tail(all, wrong), errc::invalid_argument), "no part of the region");
    check(is_refused(regions_.release({r.base, all.size() + granule_}), errc::size_mismatch), "not its size");
    check(is_refused(regions_.commit({r.base, granule_}, static_cast<access>(9)), errc::not_supported), "no access");
    const int local = 0;
    check(!regions_.find(&local), "an address elsewhere");
  }

  void verify() {
    std::size_t committed = 0;
    for (const modelled_region& r : all_)
      for (std::size_t i = 0; i < r.granules.size(); ++i) {
        const modelled_region::granule& g = r.granules[i];
        if (g.committed) committed += granule_;
        if (g.committed && g.access != access::none)
          check(holds(bytes_of(r, {i, 1}), g.value), "pages keep their contents");
      }
    const region_statistics seen = regions_.statistics();
    check(seen.regions == all_.size() && seen.committed == committed, "the statistics agree with the model");
    if (!all_.empty()) verify_zones(all_[draw(all_.size() - 1)]);
  }
  void verify_zones(const modelled_region& r) {
    const std::size_t at = draw(r.granules.size() - 1);
    std::byte* const p = r.base + at * granule_ + draw(granule_ - 1);
    const auto found = regions_.find(p);
    check(found && found->bytes.data() == r.base && found->bytes.size() == r.granules.size() * granule_,
          "an address is found");
    check(found && found->where == (r.granules[at].committed ? zone::accessible : zone::reserved), "with its zone");
    if (Regions::guard_before != 0) check(is_in(r.base - 1, zone::guard_before), "the guard before it");
    if (Regions::guard_after != 0)
      check(is_in(r.base + r.granules.size() * granule_, zone::guard_after), "the guard behind it");
    if (r.granules[at].access == access::none) expect_inaccessible<test_environment>(p, A::contract.fault);
  }
  bool is_in(const std::byte* p, zone where) const {
    const auto found = regions_.find(p);
    return found && found->where == where;
  }

  static constexpr bool protectable = requires(Regions& r) { r.protect({}, access::read); };

  Regions& regions_;
  std::mt19937 random_;
  std::size_t granule_;
  std::vector<modelled_region> all_;
};

/// In a child, as accesses fault.
template <class A, class... Given>
void random_operations_on_regions(int operations, Given... given) {
  test_environment::run_isolated("random operations", [=] {
    for (const std::uint32_t seed : {1U, 2U}) {
      region_allocator<A> regions(given...);
      random_regions(regions, seed).run(operations);
    }
  });
}

}  // namespace quire::test
