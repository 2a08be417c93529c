// SPDX-License-Identifier: BSL-1.0
// Combines every policy with every other over every kind of store: `composable` agrees with a table written by hand.
#include <tuple>

#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/vm_tag.hpp>

#include "support/stores.hpp"

namespace quire::test {

/// The needs of a policy, and the capabilities of a store.
enum need : unsigned {
  faults = 1,  // reserved pages that fault, and access that can be changed
  advice = 2,
  pool = 4,
  numa = 8,
  population = 16,
  locking = 32,
  exclusion = 64,  // of pages from dumps and from child processes
  names = 128,
  alignment = 256,  // beyond 64 KiB
  numbers = 512,    // numbers of mappings: VM tags
  assurance = 2048,
  addresses = 4096,  // of choice
};

template <class T, unsigned Needs>
struct row {
  using type = T;
  static constexpr unsigned needs = Needs;
};

// One policy for each kind of need: all combinations of these are checked.
using protections = std::tuple<row<protection::unguarded, 0>, row<protection::guarded<>, faults>>;
using taggings = std::tuple<row<tagging::untagged, 0>, row<tagging::named<"quire">, names>>;
using page_sizes = std::tuple<row<page_size::native, 0>, row<page_size::transparent_huge<>, advice | alignment>,
                              row<page_size::explicit_huge<2_MiB>, pool | population | alignment | exclusion>>;
using placements = std::tuple<row<placement::anywhere, 0>, row<placement::bind, numa>>;
using residencies = std::tuple<row<residency::on_demand, 0>, row<residency::populated, population>,
                               row<all_of<residency::excluded_from_dumps, residency::locked>, exclusion | locking>>;

// The other policies do not differ from these in their needs; each is checked alone.
using more_protections = std::tuple<row<protection::index_space<>, faults>, row<protection::guarded<1, 0>, faults>,
                                    row<all_of<protection::index_space<>, protection::guarded<>>, faults>>;
using more_taggings = std::tuple<row<tagging::checked<>, 0>, row<tagging::checked<>::retag_on_reset, 0>,
                                 row<tagging::vm_tag<240>, numbers>,
                                 row<all_of<tagging::vm_tag<240>, tagging::named<"a">>, numbers | names>,
                                 row<all_of<tagging::checked<>, tagging::named<"a">>, names>>;
using more_page_sizes = std::tuple<row<page_size::no_huge, advice>,
                                   row<page_size::transparent_huge<page_size::in_blocks>, advice | alignment>>;
using more_placements =
    std::tuple<row<placement::local, numa>, row<placement::prefer, numa>, row<placement::interleave, numa>,
               row<placement::weighted_interleave, numa>, row<placement::near_to, addresses>,
               row<all_of<placement::near_to, placement::local>, addresses | numa>>;
using more_residencies =
    std::tuple<row<residency::locked, locking>, row<residency::assured, population | assurance>,
               row<residency::excluded_from_dumps, exclusion>, row<residency::not_inherited, exclusion>,
               row<all_of<residency::populated, residency::not_inherited>, population | exclusion>>;

constexpr unsigned everything =
    faults | advice | pool | numa | population | assurance | locking | exclusion | names | alignment | addresses;
/// Linux without one of its capabilities, which a member of another kind hides.
struct without_numa : backing::linux_mmap<> {
  int place = 0;
};
struct without_assurance : backing::linux_mmap<> {
  int assure = 0;
};
struct with_vm_tags : backing::linux_mmap<> {
  static constexpr bool takes_vm_tags = true;
};
using stores = std::tuple<row<backing::linux_mmap<>, everything>, row<remapping<backing::linux_mmap<>>, everything>,
                          row<backing::posix_mmap<>, faults | alignment>, row<in_buffer<65536>, 0>,
                          row<without_numa, everything & ~numa>, row<without_assurance, everything & ~assurance>,
                          row<with_vm_tags, everything | numbers>>;

template <class S, class P, class T, class Z, class L, class R>
constexpr bool agrees() {
  constexpr unsigned needs[] = {P::needs, T::needs, Z::needs, L::needs, R::needs};
  unsigned all = 0;
  for (const unsigned each : needs) all |= each;
  const bool expected = (all & ~S::needs) == 0;
  return expected == composable<typename S::type, typename P::type, typename T::type, typename Z::type,
                                typename L::type, typename R::type>;
}

/// f<X1>() && f<X2>() && … over the rows of a tuple.
template <class Rows, class F>
constexpr bool for_all(F f) {
  return [&]<class... X>(std::type_identity<std::tuple<X...>>) {
    return (f.template operator()<X>() && ...);
  }(std::type_identity<Rows>{});
}

template <class S>
constexpr bool holds_over() {
  return for_all<protections>([]<class P>() {
    return for_all<taggings>([]<class T>() {
      return for_all<page_sizes>([]<class Z>() {
        return for_all<placements>(
            []<class L>() { return for_all<residencies>([]<class R>() { return agrees<S, P, T, Z, L, R>(); }); });
      });
    });
  });
}
static_assert(for_all<stores>([]<class S>() { return holds_over<S>(); }));

template <class S>
constexpr bool each_alone_holds_over() {
  using P = row<protection::unguarded, 0>;
  using T = row<tagging::untagged, 0>;
  using Z = row<page_size::native, 0>;
  using L = row<placement::anywhere, 0>;
  using R = row<residency::on_demand, 0>;
  return for_all<more_protections>([]<class X>() { return agrees<S, X, T, Z, L, R>(); }) &&
         for_all<more_taggings>([]<class X>() { return agrees<S, P, X, Z, L, R>(); }) &&
         for_all<more_page_sizes>([]<class X>() { return agrees<S, P, T, X, L, R>(); }) &&
         for_all<more_placements>([]<class X>() { return agrees<S, P, T, Z, X, R>(); }) &&
         for_all<more_residencies>([]<class X>() { return agrees<S, P, T, Z, L, X>(); });
}
static_assert(for_all<stores>([]<class S>() { return each_alone_holds_over<S>(); }));

// Arguments in the wrong place, and contradictions.
using linux_store = backing::linux_mmap<>;
static_assert(!composable<linux_store, tagging::untagged, protection::guarded<>, page_size::native, placement::anywhere,
                          residency::on_demand>);
static_assert(!composable<linux_store, protection::guarded<>, tagging::untagged, placement::anywhere, page_size::native,
                          residency::on_demand>);
static_assert(!composable<int, protection::guarded<>, tagging::untagged, page_size::native, placement::anywhere,
                          residency::on_demand>);
static_assert(
    !composable<linux_store, protection::guarded<>, tagging::untagged, page_size::native, placement::anywhere, int>);
static_assert(!composable<linux_store, protection::guarded<std::size_t{1} << 62>, tagging::untagged, page_size::native,
                          placement::anywhere, residency::on_demand>);  // larger than every address space
static_assert(!composable<linux_store, protection::guarded<>, tagging::untagged, page_size::explicit_huge<4096>,
                          placement::anywhere, residency::on_demand>);  // no pool has such small pages

}  // namespace quire::test
