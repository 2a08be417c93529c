#pragma once
// The vocabulary of wishes: policies write one value of it, stores act on it.
#include <cstddef>
#include <cstdint>

#include <quire/node_set.hpp>
#include <quire/optional_pointer.hpp>
#include <quire/tags.hpp>

namespace quire {

enum class numa_mode : unsigned char { anywhere, local, prefer, bind, interleave, weighted_interleave };

/// `nodes` points into the policy, so that attributes stay small; where it is not given the one node counts.
struct numa_wish {
  numa_mode mode = numa_mode::anywhere;
  unsigned node = 0;
  optional_pointer<const node_set> nodes{};
  friend constexpr bool operator==(const numa_wish&, const numa_wish&) = default;
};

enum class huge_wish : unsigned char { as_system, never, when_possible, from_pool };
enum class arrival : unsigned char { unsaid, on_demand, up_front };
/// Whether a child process has the pages after a fork.
enum class inheritance : unsigned char { unsaid, excluded, included };

/// Whether a tag is drawn from the choices, by what the thread lets be drawn, or given: the only choice, which no
/// thread's mask restricts.
enum class tag_source : unsigned char { unsaid, drawn, given };

/// Tags are checked by hardware where `checks` says how, and by the library where there is a `keeper`.
struct tag_wish {
  tag_checks checks = tag_checks::none;
  optional_pointer<const tag_keeper> keeper{};
  std::uint16_t choices = 0;  // bit n: the tag may be n
  tag_source source = tag_source::unsaid;
  bool distinct_neighbours = false;  // two regions that touch have different tags
  bool retag_on_reset = false;
  unsigned char tag = 0;  // the one in force: filled in by the allocator, for stores to read

  friend constexpr bool operator==(const tag_wish&, const tag_wish&) = default;
};

/// A field that nobody writes asks for nothing. Which fields a policy writes, and their kind, depends on its type
/// alone: that is how the compiler knows what a store must be able to do.
struct attributes {
  huge_wish huge = huge_wish::as_system;
  std::size_t huge_bytes = 0;  // size of a pool's pages
  numa_wish numa{};
  quire::arrival arrival = arrival::unsaid;
  bool assured = false;  // committed only if there is memory for it, as far as limits can be seen
  bool locked = false;
  bool excluded_from_dumps = false;
  quire::inheritance inheritance = inheritance::unsaid;
  optional_pointer<const char> mapping_name{};
  unsigned char vm_tag = 0;       // of macOS; 0 is none
  std::size_t purge_granule = 0;  // contents may be marked volatile by so many bytes; 0: never
  tag_wish tags{};

  [[nodiscard]] constexpr bool wants_hardware_tags() const noexcept { return tags.checks != tag_checks::none; }
  /// Locking brings the pages by itself. Pool pages are taken when they are committed in any case: a pool that is empty
  /// later would be a signal instead of an error. Writing hardware tags touches every page: one call brings them for
  /// less than the faults would cost, and fails by an error.
  [[nodiscard]] constexpr bool wants_population() const noexcept {
    return huge == huge_wish::from_pool || ((arrival == arrival::up_front || wants_hardware_tags()) && !locked);
  }
  /// After a fork a write to a page of a pool takes another page from it: from an empty pool it would be a signal. So a
  /// pool's pages are inherited only where a policy says so.
  [[nodiscard]] constexpr bool wants_fork_exclusion() const noexcept {
    return inheritance == inheritance::excluded || (huge == huge_wish::from_pool && inheritance == inheritance::unsaid);
  }
  friend constexpr bool operator==(const attributes&, const attributes&) = default;
};

/// What a store must be able to do for these attributes.
struct demands {
  bool huge_advice, huge_pool, numa, population, assurance, locking, dump_exclusion, fork_exclusion, naming, vm_tag;
  bool hardware_tags, kept_tags, retagging, spread_tags, free_tags, population_for_tags;
  const tag_keeper* keeper;
  std::size_t purge_granule;

  [[nodiscard]] constexpr bool tags() const noexcept { return hardware_tags || kept_tags; }
};

[[nodiscard]] constexpr demands demands_of(const attributes& a) noexcept {
  return {
      .huge_advice = a.huge == huge_wish::never || a.huge == huge_wish::when_possible,
      .huge_pool = a.huge == huge_wish::from_pool,
      .numa = a.numa.mode != numa_mode::anywhere,
      .population = a.wants_population(),
      .assurance = a.assured,
      .locking = a.locked,
      .dump_exclusion = a.excluded_from_dumps,
      .fork_exclusion = a.wants_fork_exclusion(),
      .naming = a.mapping_name.given(),
      .vm_tag = a.vm_tag != 0,
      .hardware_tags = a.wants_hardware_tags(),
      .kept_tags = a.tags.keeper.given(),
      .retagging = a.tags.retag_on_reset,
      .spread_tags = a.tags.distinct_neighbours,
      .free_tags = a.tags.source != tag_source::given && !a.tags.distinct_neighbours,
      .population_for_tags = a.wants_population() && a.arrival != arrival::up_front && a.huge != huge_wish::from_pool,
      .keeper = a.tags.keeper.get(),
      .purge_granule = a.purge_granule};
}

}  // namespace quire
