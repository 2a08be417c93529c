// SPDX-License-Identifier: BSL-1.0
#pragma once
// What policies may demand of a store. For each capability, in one place: the concept of a store that has it, the
// requests that demand it, what the compiler says if the store lacks it, and the step at which it acts. The core folds
// over the list below; a few operations ask for one capability by name (reset locks again, growth is assured).
#include <boost/config.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <quire/error.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/store/purging.hpp>

namespace quire {

/// Sets the NUMA policy of pages that were not touched yet. A store that supports only some modes reports which:
/// `places(mode)`.
template <class S>
concept numa_placing_store = backing_store<S> && requires(S& s, page_run r, const numa_request& request) {
  { s.place(r, request) } noexcept -> std::same_as<int>;
};

/// Applies `huge_request::never` and `huge_request::when_possible`.
template <class S>
concept huge_advising_store = backing_store<S> && requires(S& s, page_run r) {
  { s.advise_huge(r, huge_request::when_possible) } noexcept -> std::same_as<int>;
};

/// Reserves from a pool of huge pages if the requests say `huge_request::from_pool`.
template <class S>
concept huge_pool_store = backing_store<S> && requires(std::size_t huge_bytes) {
  { S::serves_pool_of(huge_bytes) } noexcept -> std::same_as<bool>;
};

/// Reserves at addresses within those that the requests name, or not at all; what lies there is never replaced.
template <class S>
concept address_choosing_store = backing_store<S> && requires { requires S::chooses_addresses; };

/// Excludes pages from core dumps.
template <class S>
concept dump_excluding_store = backing_store<S> && requires(S& s, page_run r) {
  { s.exclude_from_dumps(r) } noexcept -> std::same_as<int>;
};

/// Excludes pages from child processes after a fork.
template <class S>
concept fork_excluding_store = backing_store<S> && requires(S& s, page_run r) {
  { s.exclude_from_forks(r) } noexcept -> std::same_as<int>;
};

/// Names a mapping, for diagnostic tools.
template <class S>
concept naming_store = backing_store<S> && requires(S& s, page_run r, const char* text) {
  { s.name(r, text) } noexcept -> std::same_as<int>;
};

/// Mappings get the VM tag of the requests when they are made.
template <class S>
concept vm_tagging_store = backing_store<S> && requires { requires S::takes_vm_tags; };

/// Checks, before a run is committed and populated, whether that would meet a limit, so that an error precedes a kill
/// by the system. A hidden limit is an error as well. `recheck_headroom` checks, for a committed run, whether pages
/// that were given back since can be brought in again.
template <class S>
concept assuring_store = backing_store<S> && requires(S& s, const S& c, page_run r, const attributes& a) {
  { s.assure(r, a) } noexcept -> std::same_as<int>;
  { c.recheck_headroom(r, a) } noexcept -> std::same_as<int>;
};

/// Populates pages, which read as zero. A failing call may have populated some of them.
template <class S>
concept populating_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.populate(r, a) } noexcept -> std::same_as<int>;
};

/// Populates pages and keeps them in memory until decommit. A failing call may have populated some of them.
template <class S>
concept locking_store = backing_store<S> && requires(S& s, page_run r) {
  { s.lock(r) } noexcept -> std::same_as<int>;
};

/// Pages carry tags that hardware checks; pointers carry theirs as described in quire/tags.hpp. The store applies the
/// request's `checks` to every mapping and change of access. `discard` leaves pages with the tag `requests.tags.tag`.
///
/// | operation | meaning |
/// |---|---|
/// | `permit_tags(request, usable)` | fails unless this machine has tags and this thread checks them; stores the choices that may be drawn in `usable` |
/// | `draw_tag(choices, tag)` | draws one of them at random; fails if there is none |
/// | `tag(run, tag)` | tags writable pages; fails if they do not take tags |
/// | `check_writable(run)` | populates pages; fails unless every page is writable |
template <class S>
concept tagging_store =
    backing_store<S> && requires(S& s, page_run r, const tag_request& t, std::uint16_t& usable, unsigned char& tag) {
      { s.permit_tags(t, usable) } noexcept -> std::same_as<int>;
      { s.draw_tag(usable, tag) } noexcept -> std::same_as<int>;
      { s.tag(r, t.tag) } noexcept -> std::same_as<int>;
      { s.check_writable(r) } noexcept -> std::same_as<int>;
    };

/// Each member of this namespace has
///
/// | member | meaning |
/// |---|---|
/// | `demanded(attributes)` | whether these requests demand the capability |
/// | `offered_by<S>` | whether the store type `S` has it |
/// | `suits<S>(attributes)` | whether `S` has it as these requests demand; only where that depends on them |
/// | `sentence<bool>` | a static_assert message for a store that lacks it |
/// | `at` | the step at which it acts: `configure`, `commit` (before pages are committed), `populate`, `lock`, `tag` (of resident pages), or `reserve` (in the store) |
/// | `apply(store, run, attributes)` | its call, unless it acts when the store reserves; force-inlined, so that requests fold |
namespace capability {

/// NUMA policy of pages.
struct placement {
  static constexpr step at = step::configure;
  static constexpr bool demanded(const attributes& a) noexcept { return a.numa.mode != numa_mode::anywhere; }
  template <class S>
  static constexpr bool offered_by = numa_placing_store<S>;
  template <class S>
  static consteval bool suits(const attributes& a) {
    if constexpr (requires { S::places(a.numa.mode); }) return S::places(a.numa.mode);
    return true;
  }
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this placement policy needs a store that can place pages on NUMA nodes");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes& a) noexcept {
    return store.place(run, a.numa);
  }
};

/// Addresses near one.
struct address_choice {
  static constexpr step at = step::reserve;
  static constexpr bool demanded(const attributes& a) noexcept { return a.addresses.given; }
  template <class S>
  static constexpr bool offered_by = address_choosing_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this placement policy needs a store that can reserve near an address (Linux)");
  };
};

/// Advice on huge pages.
struct huge_advice {
  static constexpr step at = step::configure;
  static constexpr bool demanded(const attributes& a) noexcept {
    return a.huge == huge_request::never || a.huge == huge_request::when_possible;
  }
  template <class S>
  static constexpr bool offered_by = huge_advising_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this page size policy needs a store that takes advice on huge pages");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes& a) noexcept {
    return store.advise_huge(run, a.huge);
  }
};

/// Pages from a pool of huge pages.
struct huge_pool {
  static constexpr step at = step::reserve;
  static constexpr bool demanded(const attributes& a) noexcept { return a.huge == huge_request::from_pool; }
  template <class S>
  static constexpr bool offered_by = huge_pool_store<S>;
  template <class S>
  static consteval bool suits(const attributes& a) {
    return S::serves_pool_of(a.huge_bytes);
  }
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this page size policy needs a store with a pool of huge pages of that size");
  };
};

/// Pages that are in no core dump.
struct dump_exclusion {
  static constexpr step at = step::configure;
  static constexpr bool demanded(const attributes& a) noexcept { return a.excluded_from_dumps; }
  template <class S>
  static constexpr bool offered_by = dump_excluding_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this residency policy needs a store that can leave pages out of core dumps");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes&) noexcept {
    return store.exclude_from_dumps(run);
  }
};

/// Pages that a child process does not have.
struct fork_exclusion {
  static constexpr step at = step::configure;
  static constexpr bool demanded(const attributes& a) noexcept { return a.wants_fork_exclusion(); }
  template <class S>
  static constexpr bool offered_by = fork_excluding_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served,
                  "quire: this residency policy, or a pool of huge pages, needs a store that can leave pages out of "
                  "child processes");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes&) noexcept {
    return store.exclude_from_forks(run);
  }
};

/// Names of mappings.
struct naming {
  static constexpr step at = step::configure;
  static constexpr bool demanded(const attributes& a) noexcept { return a.mapping_name.given(); }
  template <class S>
  static constexpr bool offered_by = naming_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this tagging policy needs a store that can name its mappings");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes& a) noexcept {
    return store.name(run, a.mapping_name.get());
  }
};

/// Numbers of mappings, as macOS shows them.
struct vm_tag {
  static constexpr step at = step::reserve;
  static constexpr bool demanded(const attributes& a) noexcept { return a.vm_tag != 0; }
  template <class S>
  static constexpr bool offered_by = vm_tagging_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this tagging policy needs a store whose mappings take a VM tag");
  };
};

/// Commits that lack of memory refuses.
struct assurance {
  static constexpr step at = step::commit;
  static constexpr bool demanded(const attributes& a) noexcept { return a.assured; }
  template <class S>
  static constexpr bool offered_by = assuring_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this residency policy needs a store that can tell how much memory is left");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes& a) noexcept {
    return store.assure(run, a);
  }
};

/// Pages before they are touched.
struct population {
  static constexpr step at = step::populate;
  static constexpr bool demanded(const attributes& a) noexcept { return a.wants_population(); }
  template <class S>
  static constexpr bool offered_by = populating_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this residency policy needs a store that can populate pages");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes& a) noexcept {
    return store.populate(run, a);
  }
};

/// Pages that are never paged out.
struct locking {
  static constexpr step at = step::lock;
  static constexpr bool demanded(const attributes& a) noexcept { return a.locked; }
  template <class S>
  static constexpr bool offered_by = locking_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this residency policy needs a store that can lock pages");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes&) noexcept { return store.lock(run); }
};

/// Tags that the hardware checks.
struct hardware_tags {
  static constexpr step at = step::tag;
  static constexpr bool demanded(const attributes& a) noexcept { return a.wants_hardware_tags(); }
  template <class S>
  static constexpr bool offered_by = tagging_store<S>;
  template <bool Served>
  struct sentence {
    static_assert(Served, "quire: this tagging policy needs a store over hardware that checks tags (Linux on arm64)");
  };
  BOOST_FORCEINLINE static int apply(auto& store, page_run run, const attributes& a) noexcept {
    return store.tag(run, a.tags.tag);
  }
};

/// Contents that the system may take.
struct purging {
  static constexpr step at = step::reserve;
  static constexpr bool demanded(const attributes& a) noexcept { return a.purge_granule != 0; }
  template <class S>
  static constexpr bool offered_by = purging_store<S>;
  template <class S>
  static consteval bool suits(const attributes& a) {
    return S::purges_by(a.purge_granule);
  }
  template <bool Served>
  struct sentence {
    static_assert(Served,
                  "quire: this residency policy needs a store that can tell whether purged contents survived, by "
                  "granules of that size");
  };
};

}  // namespace capability

namespace detail {

template <class... C>
struct capability_list {};

/// In the order in which they act within a step. Placement comes first, because it must precede the first touch.
using capabilities =
    capability_list<capability::placement, capability::address_choice, capability::huge_advice, capability::huge_pool,
                    capability::dump_exclusion, capability::fork_exclusion, capability::naming, capability::vm_tag,
                    capability::assurance, capability::population, capability::locking, capability::hardware_tags,
                    capability::purging>;

template <class C, class List>
inline constexpr std::uint32_t bit_in = 0;
template <class C, class... Rest>
inline constexpr std::uint32_t bit_in<C, capability_list<C, Rest...>> = 1;
template <class C, class First, class... Rest>
inline constexpr std::uint32_t bit_in<C, capability_list<First, Rest...>> = 2 * bit_in<C, capability_list<Rest...>>;

/// Whether the store has a capability if these requests demand it.
template <class C, class S>
consteval bool is_served(const attributes& a) {
  if (!C::demanded(a)) return true;
  if constexpr (C::template offered_by<S> && requires { C::template suits<S>(a); }) return C::template suits<S>(a);
  return C::template offered_by<S>;
}
template <class S, class... C>
consteval bool all_served(const attributes& a, capability_list<C...>) {
  return (is_served<C, S>(a) && ...);
}

template <class... C>
[[nodiscard]] constexpr std::uint32_t bits_of(const attributes& a, capability_list<C...>) noexcept {
  return ((C::demanded(a) ? bit_in<C, capabilities> : 0) | ...);
}

}  // namespace detail

/// What a typedef demands, known from the types of its policies.
struct demands {
  std::uint32_t capabilities;
  bool registered_tags, retagging, distinct_neighbour_tags, tag_selectable;
  const tag_registry* registry;
  std::size_t purge_granule;

  /// Whether this capability of namespace `capability` is demanded.
  template <class C>
  [[nodiscard]] constexpr bool has() const noexcept {
    static_assert(detail::bit_in<C, detail::capabilities> != 0, "quire: the list of capabilities lacks this one");
    return (capabilities & detail::bit_in<C, detail::capabilities>) != 0;
  }
  /// Whether pointers carry tags, of the hardware or of a registry.
  [[nodiscard]] constexpr bool tagged() const noexcept { return has<capability::hardware_tags>() || registered_tags; }
};

/// The demands of these requests.
[[nodiscard]] constexpr demands demands_of(const attributes& a) noexcept {
  return {.capabilities = detail::bits_of(a, detail::capabilities{}),
          .registered_tags = a.tags.registry.given(),
          .retagging = a.tags.retag_on_reset,
          .distinct_neighbour_tags = a.tags.distinct_neighbours,
          .tag_selectable = a.tags.source != tag_source::given && !a.tags.distinct_neighbours,
          .registry = a.tags.registry.get(),
          .purge_granule = a.purge_granule};
}

}  // namespace quire
