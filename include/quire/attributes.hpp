#pragma once
// The vocabulary of wishes: policies write one value of it, stores act on it.
#include <cstddef>

#include <quire/node_set.hpp>

namespace quire {

enum class numa_mode : unsigned char { anywhere, local, prefer, bind, interleave, weighted_interleave };

/// `nodes` points into the policy, so that attributes stay small; where it is null the one node counts.
struct numa_wish {
  numa_mode mode = numa_mode::anywhere;
  unsigned node = 0;
  const node_set* nodes = nullptr;
  friend constexpr bool operator==(const numa_wish&, const numa_wish&) = default;
};

enum class huge_wish : unsigned char { as_system, never, when_possible, from_pool };
enum class arrival : unsigned char { unsaid, on_demand, up_front };

/// A field that nobody writes asks for nothing. Which fields a policy writes, and their kind, depends on its type
/// alone: that is how the compiler knows what a store must be able to do.
struct attributes {
  huge_wish huge = huge_wish::as_system;
  std::size_t huge_bytes = 0;  // size of a pool's pages
  numa_wish numa;
  quire::arrival arrival = arrival::unsaid;
  bool locked = false;
  bool excluded_from_dumps = false;
  bool not_inherited = false;
  const char* mapping_name = nullptr;

  /// Locking brings the pages by itself. Pool pages are taken when they are committed in any case: a pool that is empty
  /// later would be a signal instead of an error.
  [[nodiscard]] constexpr bool wants_population() const noexcept {
    return huge == huge_wish::from_pool || (arrival == arrival::up_front && !locked);
  }
  friend constexpr bool operator==(const attributes&, const attributes&) = default;
};

/// What a store must be able to do for these attributes.
struct demands {
  bool huge_advice, huge_pool, numa, population, locking, dump_exclusion, fork_exclusion, naming;
};

[[nodiscard]] constexpr demands demands_of(const attributes& a) noexcept {
  return {.huge_advice = a.huge == huge_wish::never || a.huge == huge_wish::when_possible,
          .huge_pool = a.huge == huge_wish::from_pool,
          .numa = a.numa.mode != numa_mode::anywhere,
          .population = a.wants_population(),
          .locking = a.locked,
          .dump_exclusion = a.excluded_from_dumps,
          .fork_exclusion = a.not_inherited,
          .naming = a.mapping_name != nullptr};
}

}  // namespace quire
